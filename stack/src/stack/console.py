"""What the operator reads: plain lines on standard output, columns that line up."""

import sys
from collections.abc import Sequence

_LABEL_WIDTH = 12


def say(line: str = "") -> None:
    """Print one line at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def step(label: str, text: str) -> None:
    """Print one line of progress: who, then what."""
    say(f"  {label:<{_LABEL_WIDTH}} {text}")


def complain(line: str) -> None:
    """Print one line on standard error."""
    sys.stdout.flush()
    sys.stderr.write(line + "\n")


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines whose cells line up; nothing is wrapped or cut."""
    if not rows:
        return []
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def megabytes(size_bytes: int) -> str:
    """A size as people read it: whole megabytes (10^6)."""
    return f"{size_bytes / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """A duration in its two largest units: `42s`, `3m 5s`, `2h 4m`, `5d 3h`."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"
