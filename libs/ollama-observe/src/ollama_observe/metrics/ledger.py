"""One process's counters, gauges and histograms, in memory that outlives the process.

A value is found by one look-up and changed by one addition: the relay pays for it on every
chunk. Another process reads the same memory (metrics/view.py), also after the owner was
killed at any instant; what had been counted by then is there.

Shape of a series: a counter or gauge is one number; a histogram is its sum, then a count per
bucket (not cumulative), then, where it has exemplars, five words per bucket.
"""

import math
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

import msgspec

from ollama_observe.metrics import exemplars
from ollama_observe.metrics.memory import Memory
from ollama_observe.metrics.metric import Kind, Metric

Labels = tuple[str, ...]


class Ledger:
    """The values of one process's metrics. For one thread; labels in the catalogue's order.

    Values of a new series that finds no room are counted as dropped.
    Raises: ValueError for a use that the catalogue does not give.
    """

    def __init__(
        self,
        metrics: Iterable[Metric],
        memory: Memory | None = None,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (an instant, no interval)
    ) -> None:
        self.memory = memory or Memory.private()
        if self.memory.is_used:
            raise ValueError("this memory holds another ledger's values")
        self._metrics = frozenset(metrics)
        self._wall_clock = wall_clock
        self._values = self.memory.values
        self._places: dict[tuple[Metric, Labels], int] = {}
        self._forgotten: dict[tuple[Metric, Labels], int] = {}

    def add(self, metric: Metric, amount: float, labels: Labels = ()) -> None:
        """Increase a counter, or move a gauge up or down."""
        if metric.kind is Kind.HISTOGRAM:
            raise ValueError(f"{metric.name} is a histogram: a page observes it")
        if amount < 0 and metric.kind is Kind.COUNTER:
            raise ValueError(f"{metric.name} is a counter: it does not go down")
        place = self.place(metric, labels)
        if place is not None:
            self._values[place] += amount

    def put(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        """Set a gauge."""
        if metric.kind is not Kind.GAUGE:
            raise ValueError(f"{metric.name} is a {metric.kind}: it is not set")
        place = self.place(metric, labels)
        if place is not None:
            self._values[place] = value

    def forget(self, metric: Metric, labels: Labels) -> None:
        """End a gauge's series; its next value begins it anew."""
        if metric.kind is not Kind.GAUGE:
            raise ValueError(f"{metric.name} is a {metric.kind}: it does not end")
        place = self._places.pop((metric, labels), None)
        if place is not None:
            self._values[place] = math.nan
            self._forgotten[metric, labels] = place

    def page(self, shared: Mapping[str, str]) -> "Page":
        """The counters and histograms of one set of label values, by label name."""
        return Page(self, shared)

    def place(self, metric: Metric, labels: Labels) -> int | None:
        """The first word of a series; None, counted, where a new one finds no room."""
        found = self._places.get((metric, labels))
        if found is not None:
            return found
        place = self._forgotten.pop((metric, labels), None)
        if place is not None:
            self._values[place] = 0.0
        else:
            place = self._open(metric, labels)
        if place is not None:
            self._places[metric, labels] = place
        return place

    def exemplify(self, word: int, trace_id: str, value: float) -> None:
        """Write an exemplar at a word that a series has for it."""
        at = word * 8
        packed = exemplars.pack(trace_id, value, self._wall_clock())
        self.memory.bytes[at : at + exemplars.SIZE] = packed

    def _open(self, metric: Metric, labels: Labels) -> int | None:
        if metric not in self._metrics:
            raise ValueError(f"{metric.name} is not among this ledger's metrics")
        if len(labels) != len(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {labels}")
        place = self.memory.append(msgspec.msgpack.encode((metric.name, labels)), _width(metric))
        if place is None:
            self.memory.drop()
        return place


class Page:
    """The counters and histograms of one set of label values: what one request is booked on.

    A series is found by its metric alone, and by `more`: the value of the one label, if any,
    that the page's own do not name. Each is looked up in the ledger once.
    """

    __slots__ = ("_counters", "_histograms", "_ledger", "_shared", "_values")

    def __init__(self, ledger: Ledger, shared: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._shared = shared
        self._values = ledger.memory.values
        self._counters: dict[Metric | tuple[Metric, str], int] = {}
        self._histograms: dict[Metric | tuple[Metric, str], int] = {}

    def add(self, metric: Metric, amount: float, more: str = "") -> None:
        """Increase a counter."""
        if amount < 0:
            raise ValueError(f"{metric.name} is a counter: it does not go down")
        key = (metric, more) if more else metric
        place = self._counters.get(key)
        if place is None:
            place = self._find(metric, Kind.COUNTER, more)
            if place is None:
                return
            self._counters[key] = place
        self._values[place] += amount

    def observe(self, metric: Metric, value: float, trace_id: str = "", more: str = "") -> None:
        """Put a value into a histogram; a trace id makes it its bucket's exemplar.

        The caller has seen to it that a trace id is 32 hex digits.
        """
        key = (metric, more) if more else metric
        place = self._histograms.get(key)
        if place is None:
            place = self._find(metric, Kind.HISTOGRAM, more)
            if place is None:
                return
            self._histograms[key] = place
        values, bucket = self._values, bisect_left(metric.buckets, value)
        values[place] += value
        values[place + 1 + bucket] += 1.0
        if trace_id and metric.exemplars:
            first = place + 2 + len(metric.buckets)
            self._ledger.exemplify(first + bucket * exemplars.WORDS, trace_id, value)

    def observe_each(self, values: Iterable[tuple[Metric, float | None]]) -> None:
        """Put values into histograms that have no label of their own; None is no value."""
        places, memory = self._histograms, self._values
        for metric, value in values:
            if value is None:
                continue
            place = places.get(metric)
            if place is None:
                self.observe(metric, value)
            else:
                memory[place] += value
                memory[place + 1 + bisect_left(metric.buckets, value)] += 1.0

    def _find(self, metric: Metric, kind: Kind, more: str) -> int | None:
        if metric.kind is not kind:
            raise ValueError(f"{metric.name} is a {metric.kind}, no {kind}")
        missing = [name for name in metric.labels if name not in self._shared]
        if len(missing) != bool(more):
            raise ValueError(f"{metric.name} lacks {missing} here, and {more!r} was given")
        labels = tuple(self._shared.get(name, more) for name in metric.labels)
        return self._ledger.place(metric, labels)


def _width(metric: Metric) -> int:
    """The words of one series."""
    if metric.kind is not Kind.HISTOGRAM:
        return 1
    buckets = len(metric.buckets) + 1
    return 1 + buckets + (buckets * exemplars.WORDS if metric.exemplars else 0)
