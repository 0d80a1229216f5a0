"""What a request to the worker may set, over what the worker was started with. Pure."""

import difflib
from typing import Any

from pydantic import ValidationError

from ollama_observe.service.settings import describe
from traffic.settings import TrafficSettings

SETTABLE = (
    *("preset", "questions", "categories", "mix", "seed", "max_tokens", "prefix", "num_ctx"),
    *("keep_alive", "model", "api", "route", "arrival", "concurrency", "rate_per_second"),
    *("ramp_seconds", "burst_size", "spike_factor", "spike_after_seconds", "spike_seconds"),
    *("max_in_flight", "duration_seconds", "warm_up", "cancel_rate", "cold_every", "trace_speed"),
)
"""Settings that a start may give. Addresses, files and the rest are the operator's, who sets them
where the worker is started."""


class BadRequestError(ValueError):
    """The request cannot be understood; the message says what was expected and found."""


def settings_of(settings: TrafficSettings, given: dict[str, Any]) -> TrafficSettings:
    """The worker's settings with those that were given. Raises: BadRequestError."""
    for name in given:
        if name not in SETTABLE:
            raise BadRequestError(_unknown(name))
    try:
        return type(settings).model_validate(settings.model_dump() | given)
    except ValidationError as error:
        raise BadRequestError("; ".join(describe(type(settings), error))) from error


def _unknown(name: str) -> str:
    if name in TrafficSettings.model_fields:
        return f"{name} is set where the worker is started, not here"
    close = difflib.get_close_matches(name, SETTABLE, n=1)
    return f"unknown setting {name!r}" + (f", did you mean {close[0]}?" if close else "")
