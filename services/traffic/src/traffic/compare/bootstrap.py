"""How sure a difference of two samples is, by the bootstrap. Pure, and the same for a seed.

Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), percentile intervals.
Each sample is drawn anew from its own units, with replacement, and the figure taken of it. A
figure does not need the drawn sample itself, only how often each unit is in it: values are put in
order once, and a percentile is where the counts add up to its place. That is the same figure in a
tenth of the time.
"""

import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from traffic.results.spreads import of_sorted

Draw = list[int]
"""How often each unit was drawn."""

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure lies with a probability of 95 %."""

    low: float
    high: float


class Percentiles:
    """Some percentiles of values, each of which belongs to a unit."""

    def __init__(self, values: Iterable[tuple[int, float]], shares: Sequence[float]) -> None:
        ordered = sorted(values, key=lambda pair: pair[1])
        self._units = [unit for unit, _ in ordered]
        self._values = [value for _, value in ordered]
        self._shares = shares

    def __call__(self, draw: Draw) -> tuple[float, ...] | None:
        """The same as of the values written out as often as their units were drawn."""
        reached = list(accumulate(map(draw.__getitem__, self._units)))
        if not reached or not reached[-1]:
            return None
        return tuple(self._at(reached, share) for share in self._shares)

    def _at(self, reached: list[int], share: float) -> float:
        low, part = divmod((reached[-1] - 1) * share, 1)
        first = self._values[bisect_right(reached, low)]
        if not part:
            return first
        return first + (self._values[bisect_right(reached, low + 1)] - first) * part


class Ratio:
    """The share of the true among values, each of which belongs to a unit."""

    def __init__(self, values: Iterable[tuple[int, bool]], units: int) -> None:
        self._all = [0] * units
        self._true = [0] * units
        for unit, is_true in values:
            self._all[unit] += 1
            self._true[unit] += is_true

    def __call__(self, draw: Draw) -> tuple[float, ...] | None:
        """The share among the drawn."""
        count = sum(map(mul, draw, self._all))
        return (sum(map(mul, draw, self._true)) / count,) if count else None


Sample = Percentiles | Ratio
"""Figures of a sample whose units were drawn so often; None of no values."""


def draws(units: int, seed: str, count: int = RESAMPLES) -> Iterator[Draw]:
    """Units drawn with replacement, as many as there are, `count` times."""
    generator, every = random.Random(seed), range(units)
    for _ in range(count):
        drawn = [0] * units
        for unit in generator.choices(every, k=units):
            drawn[unit] += 1
        yield drawn


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The middle of resampled figures. Raises: ValueError for none."""
    ordered, tail = sorted(values), (1 - confidence) / 2
    return Interval(of_sorted(ordered, tail), of_sorted(ordered, 1 - tail))
