"""Numbers as people read them in a terminal. What is not known is a dash, never 0. Pure."""

from stack.console import duration

UNKNOWN = "-"

_SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_COUNTS = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
"""From how many on, what is counted in, and its letter."""


def size(size_bytes: float | None) -> str:
    """A size in binary units: `3.4 GiB`."""
    if size_bytes is None:
        return UNKNOWN
    for factor, unit in _SIZES:
        if abs(size_bytes) >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes:.0f} B"


def part_of(part_bytes: float | None, whole_bytes: float | None) -> str:
    """A size beside the one that it is of, in the larger one's unit: `18.2/24.0 GiB`."""
    if part_bytes is None or whole_bytes is None:
        return size(whole_bytes if part_bytes is None else part_bytes)
    for factor, unit in _SIZES:
        if whole_bytes >= factor:
            return f"{part_bytes / factor:.1f}/{whole_bytes / factor:.1f} {unit}"
    return f"{part_bytes:.0f}/{whole_bytes:.0f} B"


def seconds(value: float | None) -> str:
    """How long something takes: `85 ms`, `1.24 s`, `12.4 s`, `3m 5s`."""
    if value is None:
        return UNKNOWN
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 9.995:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 59.95 else span(value)


def span(value: float | None) -> str:
    """How long it is until or since something, in one or two units: `42s`, `3m 5s`, `2h 4m`."""
    return UNKNOWN if value is None else duration(round(value))


def count(value: float | None) -> str:
    """How many: `9999`, `12.3k`."""
    if value is None:
        return UNKNOWN
    for least, factor, unit in _COUNTS:
        if abs(value) >= least:
            return f"{value / factor:.1f}{unit}"
    return f"{value:.0f}"


def rate(value: float | None) -> str:
    """How many a second, with three digits that say something: `0.25`, `8.3`, `120`."""
    if value is None:
        return UNKNOWN
    if value >= 1e4:
        return count(value)
    digits = 0 if value >= 99.95 or value == 0 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f}"


def percent(ratio: float | None) -> str:
    """A share: `87%`; of what is little, more of it: `1.3%`."""
    if ratio is None:
        return UNKNOWN
    hundredths = ratio * 100
    return f"{hundredths:.1f}%" if 0 < hundredths < 9.95 else f"{hundredths:.0f}%"


def watts(value: float | None) -> str:
    """A power: `312 W`."""
    return UNKNOWN if value is None else f"{value:.0f} W"


def celsius(value: float | None, sign: str = "°") -> str:
    """A temperature: `71 °C`. `sign` is empty where a terminal has none."""
    return UNKNOWN if value is None else f"{value:.0f} {sign}C"
