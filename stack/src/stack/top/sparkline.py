"""A row of numbers as a row, or several, of small bars. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII = " .:-=+*#%@"
"""For a terminal that writes no others."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What fills the height, and where it is logarithmic, what is next to nothing."""

    most: float
    least: float = 0.0

    def share(self, value: float) -> float:
        """How much of the height a value fills."""
        if self.most <= 0 or value <= 0:
            return 0.0
        if value >= self.most:
            return 1.0
        if self.least <= 0:
            return value / self.most
        low = math.log(self.least)  # a ratio of both might be infinite
        return max(0.0, (math.log(value) - low) / (math.log(self.most) - low))


def linear(*rows: Sequence[float | None]) -> Scale:
    """From 0 to the largest of all."""
    return Scale(max((one for row in rows for one in row if one is not None), default=0.0))


def logarithmic(*rows: Sequence[float | None]) -> Scale:
    """So that a large one does not make the others look alike: of ten times at least."""
    known = [one for row in rows for one in row if one is not None and one > 0]
    most = max(known, default=0.0)
    return Scale(most, min(min(known, default=0.0), most / 10))


def sparkline(
    values: Sequence[float | None], scale: Scale, height: int = 1, glyphs: str = BLOCKS
) -> list[str]:
    """So many lines, the uppermost first, a column a value; blank where there is none.

    The lowest bar is there also of 0, so that it is told from nothing.
    """
    steps = len(glyphs) - 1
    columns = [_filled(value, scale, height * steps) for value in values]
    return [
        "".join(glyphs[max(0, min(steps, filled - row * steps))] for filled in columns)
        for row in reversed(range(height))
    ]


def _filled(value: float | None, scale: Scale, steps: int) -> int:
    """How many steps of the height."""
    return 0 if value is None else max(1, round(scale.share(value) * steps))
