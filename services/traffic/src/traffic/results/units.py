"""Values as people read them, each in its unit. Pure."""

from collections.abc import Callable
from typing import Literal

Unit = Literal["seconds", "per_second", "ratio"]

ABSENT = "-"
"""What stands where there is no value."""

MOST_DIGITS = 6

_DIFFERENCES: dict[Unit, tuple[float, str]] = {
    "seconds": (1000, " ms"),
    "per_second": (1, ""),
    "ratio": (100, " %"),
}


def shown(unit: Unit, value: float) -> str:
    """A value in the unit that suits it."""
    if unit == "seconds":
        return duration(value)
    return percent(value) if unit == "ratio" else rate(value)


def duration(seconds: float) -> str:
    """Seconds for people.

    Example: 0.0084 gives `8.4 ms`, 0.2134 gives `213 ms`, 2.708 gives `2.71 s`.
    """
    if seconds >= 0.9995:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.1f} ms" if 0 < seconds < 0.00995 else milliseconds(seconds)


def milliseconds(seconds: float, digits: int = 0) -> str:
    """However many: for what is held against a limit."""
    return f"{seconds * 1000:.{digits}f} ms"


def told_apart(show: Callable[[float, int], str], value: float, limit: float) -> str:
    """A value in as many digits as show that it is not its limit: `10.3 ms` of 10 ms."""
    return next(
        (
            text
            for digits in range(MOST_DIGITS)
            if (text := show(value, digits)) != show(limit, digits)
        ),
        show(value, MOST_DIGITS),
    )


def tick(seconds: float) -> str:
    """Round seconds in their unit, without digits that say nothing: `2.5 s`, `250 ms`, `20 us`."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:g} s"
    return f"{seconds * 1000:g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:g} us"


def rate(per_second: float) -> str:
    """Of tokens, say."""
    return f"{per_second:.1f}"


def percent(share: float, digits: int = 1) -> str:
    """A share of 0 to 1."""
    return f"{100 * share:.{digits}f} %"


def four_digits(value: float) -> str:
    """A figure of whatever unit."""
    return f"{value:.4g}"


def counted(number: int, noun: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def difference(unit: Unit, value: float, interval: tuple[float, float] | None = None) -> str:
    """With its sign, and where it lies: `+1.4 ms (+1.0 to +1.9)`. Of ratios: points."""
    scale, word = _DIFFERENCES[unit]
    # adding 0 makes of -0.0 a 0.0
    middle, *ends = (f"{round(one * scale, 1) + 0.0:+.1f}" for one in (value, *(interval or ())))
    return f"{middle}{word} ({' to '.join(ends)})" if ends else f"{middle}{word}"
