"""Answers of Prometheus as columns of numbers on a grid. Pure.

A buffer keeps what one panel of one view has been answered, so that a new viewer needs no query.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dashboard.messages import Number, Series
from dashboard.promql import Found
from dashboard.views import Grid

MOST_SERIES = 40
"""Of a panel: more lines say nothing, and would cost every viewer."""

_Key = tuple[int, tuple[tuple[str, str], ...]]


def column(samples: Iterable[tuple[float, str]], grid: Grid) -> list[Number]:
    """Values at the instants of a grid; None where there is none, or no number."""
    values: list[Number] = [None] * grid.count
    for at, text in samples:
        place, rest = divmod(at - grid.start, grid.step)
        value = float(text)
        if rest == 0 and 0 <= place < grid.count and math.isfinite(value):
            values[int(place)] = value
    return values


def instants(found: Iterable[Found]) -> frozenset[float]:
    """When any series of an answer had a value."""
    return frozenset(at for one in found for at, _ in one.values)


def columns(
    query: int, found: Iterable[Found], grid: Grid, scraped: frozenset[float] | None = None
) -> list[Series]:
    """The series of a query's answer that have any value.

    `scraped` are the instants around which there are samples at all; None: that is not known. At
    others Prometheus repeats the last sample for five minutes, which is no value.
    """
    made = []
    for one in found:
        samples = [sample for sample in one.values if scraped is None or sample[0] in scraped]
        made.append(Series(query, _labels(one.metric), column(samples, grid)))
    return [one for one in made if any(value is not None for value in one.values)]


class Buffer:
    """What a panel shows: at most MOST_SERIES columns on one grid, which moves on."""

    def __init__(self, grid: Grid, series: Sequence[Series]) -> None:
        self.grid = grid
        keys = {_key(one) for one in _largest(series)}
        self._series = {_key(one): one for one in series if _key(one) in keys}
        self.left_out = len(series) - len(self._series)

    @property
    def series(self) -> list[Series]:
        """All that it has."""
        return list(self._series.values())

    @property
    def size(self) -> int:
        """How many numbers that is."""
        return len(self._series) * self.grid.count

    def goes_on_with(self, grid: Grid) -> bool:
        """Whether a grid begins where this one ends."""
        return grid.step == self.grid.step and grid.start == self.grid.end + grid.step

    def append(self, grid: Grid, series: Iterable[Series]) -> list[Series]:
        """Add the points of a grid that goes on where this one ends; what of it was kept.

        As many points go at the beginning, and series that have none left.
        """
        fresh = {_key(one): one for one in series}
        for key, one in fresh.items():
            if key not in self._series and len(self._series) < MOST_SERIES:
                self._series[key] = Series(one.query, one.labels, [None] * self.grid.count)
        self.left_out = sum(key not in self._series for key in fresh)
        for key, old in list(self._series.items()):
            added = fresh[key].values if key in fresh else [None] * grid.count
            values = [*old.values, *added][grid.count :]
            if any(value is not None for value in values):
                self._series[key] = Series(old.query, old.labels, values)
            else:
                del self._series[key]
        self.grid = Grid(self.grid.start + grid.count * grid.step, grid.step, self.grid.count)
        return [one for key, one in fresh.items() if key in self._series]


def missing(buffer: Buffer | None, grid: Grid) -> Grid:
    """What is to be asked so that a buffer has a grid: its end, or all of it."""
    if buffer is None or (buffer.grid.step, buffer.grid.count) != (grid.step, grid.count):
        return grid
    is_beside = (grid.end - buffer.grid.end) % grid.step != 0
    if is_beside or buffer.grid.end < grid.start:
        return grid
    count = (grid.end - buffer.grid.end) // grid.step
    return Grid(buffer.grid.end + grid.step, grid.step, count)


def _labels(metric: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in metric.items() if name != "__name__"}


def _key(one: Series) -> _Key:
    return one.query, tuple(sorted(one.labels.items()))


def _largest(series: Sequence[Series]) -> list[Series]:
    """The largest of each query before the second largest of any: quantiles stay together."""
    ranked: list[tuple[int, Series]] = []
    seen: Counter[int] = Counter()
    for one in sorted(series, key=_weight, reverse=True):
        ranked.append((seen[one.query], one))
        seen[one.query] += 1
    return [one for _, one in sorted(ranked, key=lambda item: item[0])][:MOST_SERIES]


def _weight(one: Series) -> float:
    return sum(abs(value) for value in one.values if value is not None)
