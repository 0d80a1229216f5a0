"""What the operator promises: the objectives that rules and alerts are rendered with."""

import math

from pydantic import BaseModel, Field, field_validator

from ollama_observe.metrics.catalogue import PROXY

FAST_BURN = 14.4
"""How many times as fast as it may a budget is used up when a fast alert fires: one of thirty days
would last two. Source: Google, The Site Reliability Workbook, chapter 5."""

SLOW_BURN = 6.0
"""Likewise of a slow alert: five days."""

SHORTEST_WINDOW_SECONDS = 300
"""What a rule looks back at least."""

LEAST_SCRAPES = 4
"""How often a counter is to be read in a window, for its rate to mean something."""

_LEAST_RATIO = 0.94
"""Below it, 14.4 times the budget is more than all requests, and no alert could ever fire."""

_BUCKETS = {metric.name: metric.buckets for metric in PROXY if metric.buckets}


class Objectives(BaseModel):
    """Service level objectives: each field is the variable of the same name in upper case."""

    slo_success_ratio: float = Field(
        0.99,
        ge=_LEAST_RATIO,
        lt=1,
        description="Share of requests to models that are not to fail. A client's own mistakes and "
        "clients that leave count for nothing.",
    )
    slo_ttft_seconds: float = Field(
        5.0, description="Longest good time to first token; one of the histogram's buckets."
    )
    slo_ttft_ratio: float = Field(
        0.95, ge=_LEAST_RATIO, lt=1, description="Share of streamed answers that are to keep it."
    )
    slo_duration_seconds: float = Field(
        60.0,
        description="Longest good duration of a request, for goodput; one of the histogram's "
        "buckets.",
    )
    slo_minimum_requests: int = Field(
        10, ge=1, description="Fewer requests in a long window than these burn no budget."
    )

    @field_validator("slo_ttft_seconds")
    @classmethod
    def _is_bucket_of_ttft(cls, value: float) -> float:
        return _bucket_of("ollama_proxy_time_to_first_token_seconds", value)

    @field_validator("slo_duration_seconds")
    @classmethod
    def _is_bucket_of_duration(cls, value: float) -> float:
        return _bucket_of("ollama_proxy_request_duration_seconds", value)


def why_too_rare(interval_seconds: int, time_scale: float) -> str | None:
    """Why no rule could judge by scrapes that are so rare; None where they are not."""
    window_seconds = SHORTEST_WINDOW_SECONDS * time_scale
    longest = math.floor(window_seconds / LEAST_SCRAPES)
    if interval_seconds <= longest:
        return None
    need = f"rules look at windows of {window_seconds:g} s, which need {LEAST_SCRAPES} scrapes"
    if longest < 1:
        least = math.ceil(1e4 * LEAST_SCRAPES / SHORTEST_WINDOW_SECONDS) / 1e4
        return (
            f"{need}, and there is one a second at most: PROMETHEUS_RULES_TIME_SCALE is {least:g} "
            f"at least, found {time_scale:g}"
        )
    scaled = "" if time_scale == 1 else f" with PROMETHEUS_RULES_TIME_SCALE={time_scale:g}"
    return (
        f"{need}: PROMETHEUS_SCRAPE_INTERVAL_SECONDS is {longest} at most{scaled}, found "
        f"{interval_seconds}"
    )


def _bucket_of(histogram: str, value: float) -> float:
    # between two buckets nobody has counted
    if value not in _BUCKETS[histogram]:
        buckets = ", ".join(f"{bound:g}" for bound in _BUCKETS[histogram])
        raise ValueError(f"expected one of {buckets}")
    return value
