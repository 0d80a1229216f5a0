"""Sizes, instants and lists as people read them. Pure."""

from collections.abc import Sequence

_STEPS = ((1e9, "GB", 1), (1e6, "MB", 0), (1e3, "kB", 0))


def size(size_bytes: float) -> str:
    """A size as `ollama ps` writes it: decimal, two digits or three."""
    for step, unit, digits in _STEPS:
        if abs(size_bytes) >= step:
            return f"{size_bytes / step:.{digits}f} {unit}"
    return f"{size_bytes:.0f} B"


def until(seconds: float) -> str:
    """How long it is until then, in its largest two units.

    What is over is any moment: of a model that is being used Ollama puts its time off only when it
    has answered.
    """
    whole = max(0, round(seconds))
    if not whole:
        return "any moment"
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    if hours:
        return f"in {hours} h {minutes} min"
    return f"in {minutes} min {seconds_left} s" if minutes else f"in {seconds_left} s"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def several(count: int, what: str) -> str:
    """`1 layer`, `2 layers`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
