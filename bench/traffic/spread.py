"""One figure of several rounds: the median, and from where to where it went. Pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one figure, over all rounds."""

    median: float
    least: float
    most: float

    def shown(self, scale: float) -> str:
        """The median in the unit that the scale makes, and the spread where there is one."""
        median, least, most = (f"{scale * v:.3g}" for v in (self.median, self.least, self.most))
        return median if least == most else f"{median} ({least} to {most})"


def spread(samples: Sequence[Mapping[str, Any]], *path: str) -> Spread:
    """Of what is under these names in each sample."""
    values = [_at(sample, path) for sample in samples]
    return Spread(statistics.median(values), min(values), max(values))


def _at(place: Any, path: Sequence[str]) -> float:
    for name in path:
        place = place[name]
    return float(place)
