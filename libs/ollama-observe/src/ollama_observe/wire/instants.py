"""Instants as Ollama writes them: RFC 3339 with nanoseconds and an offset."""

from datetime import UTC, datetime


def unix_seconds(value: object) -> float | None:
    """Unix time in seconds; None for what is no instant, or lies before 1970.

    Go writes an instant that was never set as the year 1. Never raises.

    Example: `2026-11-23T07:53:21.877100307+01:00` gives `1795416801.8771`.
    """
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:  # no instant, or of a year that has not four digits
        return None
    if instant.tzinfo is None:
        return None
    seconds = (instant - datetime.fromtimestamp(0, UTC)).total_seconds()
    return seconds if seconds > 0 else None
