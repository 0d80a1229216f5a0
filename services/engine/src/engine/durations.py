"""Ollama's durations: Go's syntax ("5m", "1h30m", "-1"), or a number of seconds.

Units: seconds. Negative is forever, which is None here; zero is at once.
"""

import math
import re

FOREVER_SECONDS = (2**63 - 1) / 1e9  # the longest duration that Go knows, 292 years
_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_TERM = re.compile(rf"({_NUMBER})(ns|us|µs|ms|s|m|h)")
_WHOLE = re.compile(rf"([+-]?)((?:{_TERM.pattern})+|0)")


class DurationError(ValueError):
    """The text is no duration; the message is the one that Go gives."""


def parse(text: str) -> float:
    """Seconds in a duration in Go's syntax. Raises DurationError."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        bare = re.fullmatch(rf"[+-]?{_NUMBER}", text)
        raise DurationError(f'time: {"missing unit in" if bare else "invalid"} duration "{text}"')
    total = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _TERM.findall(text))
    return -total if match[1] == "-" else total


def keep_alive_seconds(value: str | float) -> float | None:
    """How long a model stays after its last use; None is forever. Raises DurationError."""
    if isinstance(value, str):
        try:
            seconds = float(value)  # OLLAMA_KEEP_ALIVE=300 means seconds
        except ValueError:
            seconds = parse(value)
    else:
        seconds = float(value)
    if math.isnan(seconds):
        raise DurationError(f'time: invalid duration "{value}"')
    return None if seconds < 0 or seconds >= FOREVER_SECONDS else seconds
