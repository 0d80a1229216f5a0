"""What a request to the worker may set, over what the worker was started with. Pure."""

from typing import Any

from pydantic import ValidationError

from ollama_observe.service.settings import describe
from traffic.refusals import RefusedError, did_you_mean
from traffic.settings import TrafficSettings, changed

SETTABLE = (
    *("preset", "questions", "categories", "mix", "seed", "max_tokens", "prefix", "num_ctx"),
    *("keep_alive", "model", "api", "route", "arrival", "concurrency", "rate_per_second"),
    *("ramp_seconds", "burst_size", "spike_factor", "spike_after_seconds", "spike_seconds"),
    *("max_in_flight", "duration_seconds", "warm_up", "cancel_rate", "cold_every", "trace_speed"),
)
"""Settings that a start may give."""

OPERATORS_OWN = (
    *("log_level", "log_format", "dry_run", "allow_remote", "base_url", "portkey_url"),
    *("ollama_url", "api_key_file", "trace", "request_timeout_seconds", "connect_timeout_seconds"),
    *("questions_directory", "results_directory", "note", "slo", "workers", "worker_host"),
    *("worker_port", "worker_autostart", "worker_drain_seconds"),
)

"""Addresses, files and the rest: the operator sets them where the worker is started."""


class BadRequestError(RefusedError):
    """The request cannot be understood; the message says what was expected and found."""


def settings_of(settings: TrafficSettings, given: dict[str, Any]) -> TrafficSettings:
    """The worker's settings with those that were given. Raises: BadRequestError."""
    for name in given:
        if name not in SETTABLE:
            raise BadRequestError(_unknown(name))
    try:
        return changed(settings, given)
    except ValidationError as error:
        raise BadRequestError("; ".join(describe(type(settings), error))) from error


def _unknown(name: str) -> str:
    if name in OPERATORS_OWN:
        return f"{name} is set where the worker is started, not here"
    hint = did_you_mean(name, SETTABLE)
    return f"unknown setting {name!r}" + (f", {hint}" if hint else "")
