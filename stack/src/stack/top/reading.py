"""Reads Prometheus's text format: of a page's thousands of lines the few series that are wanted.

The labels of a series are read once, by the official parser; while it is told, only its number is
read again.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.parser import text_string_to_metric_families

MOST = 1e18
"""What is larger is no measurement, and its sums may be infinite: it is left out."""

Labels = Mapping[str, str]
Series = Sequence[tuple[Labels, float]]


class Scrape:
    """What a page told of some metrics."""

    def __init__(self, found: Mapping[str, Series]) -> None:
        self._found = found

    def series(self, name: str, **labels: str) -> list[tuple[Labels, float]]:
        """All of a metric, those with these labels."""
        wanted = labels.items()
        return [one for one in self._found.get(name, ()) if wanted <= one[0].items()]

    def value(self, name: str, **labels: str) -> float | None:
        """The first of them; None where there is none."""
        return next((value for _, value in self.series(name, **labels)), None)

    def total(self, name: str, **labels: str) -> float:
        """The sum of them; 0 where there is none: a labelled counter begins with its first."""
        return sum(value for _, value in self.series(name, **labels))

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """The sums by one more label."""
        sums: dict[str, float] = defaultdict(float)
        for found, value in self.series(name, **labels):
            sums[found.get(label, "")] += value
        return dict(sums)

    def label(self, label: str, name: str) -> str | None:
        """A label of the first; None where there is none."""
        return next((found.get(label) for found, _ in self.series(name)), None)


class PageReader:
    """Reads one part's pages, one after the other. `names` are those of the samples wanted."""

    def __init__(self, names: Iterable[str]) -> None:
        self._begins = tuple(f"{name}{end}" for name in names for end in ("{", " "))
        self._known: dict[str, tuple[str, Labels]] = {}

    def read(self, page: bytes) -> Scrape:
        """What a page tells of them, as far as it is finite.

        Raises: ValueError for what is not in the format.
        """
        known: dict[str, tuple[str, Labels]] = {}
        found: dict[str, list[tuple[Labels, float]]] = defaultdict(list)
        # a label may hold what str.splitlines() takes for the end of a line
        for line in page.decode().split("\n"):
            if not line.startswith(self._begins):
                continue
            head, _, number = line.rpartition(" ")
            series = self._known.get(head)
            if series is None:
                name, labels, value, is_bare = _parsed(line)
                series = (name, labels)
            else:
                value, is_bare = float(number), True
            if is_bare:
                known[head] = series
            if abs(value) < MOST:  # no number is less than anything
                found[series[0]].append((series[1], value))
        self._known = known
        return Scrape(found)


def _parsed(line: str) -> tuple[str, Labels, float, bool]:
    """Name, labels and value of a line, and whether nothing but the value ends it."""
    for family in text_string_to_metric_families(line):
        for sample in family.samples:
            # an integer may be longer than any floating-point number
            value = float(sample.value) if abs(sample.value) < MOST else math.inf
            return sample.name, sample.labels, value, sample.timestamp is None
    raise ValueError(f"expected a sample, found {line[:80]!r}")
