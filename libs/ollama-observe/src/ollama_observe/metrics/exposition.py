"""The ledgers of all workers as one set of metrics, for prometheus_client to write out.

A counter never goes back: what a worker that is gone had counted is kept, its gauges are
not, and a model's name that was once folded into `other` stays folded.
"""

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, repeat

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as Trace
from prometheus_client.utils import floatToGoString

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exemplars import Exemplar
from ollama_observe.metrics.ledger import Labels
from ollama_observe.metrics.memory import Memory
from ollama_observe.metrics.metric import OTHER, UNNAMED, Kind, Metric
from ollama_observe.metrics.view import LedgerView, Series

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class LedgerCollector(Collector):
    """Sums the ledgers of live processes and what those that are gone have left.

    `limits` bounds the distinct values of a label over all processes. `beside` are metrics of the
    same ledgers that are read, and never collected. For any thread.
    """

    def __init__(
        self,
        metrics: Iterable[Metric],
        limits: Mapping[str, int] | None = None,
        beside: Iterable[Metric] = (),
    ) -> None:
        self._metrics = tuple(metrics)
        self._known = (*self._metrics, *beside)
        self._bounds = _Bounds(limits or {})
        self._lock = threading.Lock()
        self._views: dict[Memory, LedgerView] = {}
        self._left = _Totals()
        self._left_dropped = 0.0

    def include(self, memory: Memory) -> None:
        """Count a process's ledger in, from now on."""
        with self._lock:
            self._views[memory] = LedgerView(self._known, memory)

    def retire(self, memory: Memory) -> None:
        """The process is gone: keep its counters and histograms, drop its gauges.

        The memory is read for the last time, and may be closed after.
        """
        with self._lock:
            view = self._views.pop(memory)
            for series in view.series():
                if series.metric.kind is not Kind.GAUGE:
                    self._left.add(series, self._bounds.fold(series))
            self._left_dropped += view.dropped

    def collect(self) -> Iterator[Family]:
        """Every metric, with the series that there are now."""
        with self._lock:
            totals = self._totals()
        return (_family(metric, totals.of(metric)) for metric in self._metrics)

    def read(self, metrics: Iterable[Metric]) -> list[Series]:
        """The series that there are now of these metrics, one metric after the other."""
        with self._lock:
            totals = self._totals()
        return [series for metric in metrics for series in totals.of(metric)]

    def _totals(self) -> "_Totals":
        totals = _Totals()
        dropped = self._left_dropped
        for metric in self._metrics:
            if not metric.labels and metric.kind is Kind.COUNTER:
                totals.add(Series(metric, (), [0.0], []), ())
        for series in self._left:
            totals.add(series, series.labels)
        for view in self._views.values():
            dropped += view.dropped
            for series in view.series():
                totals.add(series, self._bounds.fold(series))
        self._add_own(totals, dropped)
        return totals

    def _add_own(self, totals: "_Totals", dropped: float) -> None:
        """What no single process can know."""
        for label, count in self._bounds.folded():
            totals.add(Series(m.LABEL_OVERFLOW, (label,), [count], []), (label,))
        totals.add(Series(m.DROPPED_VALUES, (), [dropped], []), ())
        # this one among them
        lines = 1 + sum(_lines(series) for metric in self._metrics for series in totals.of(metric))
        totals.add(Series(m.SERIES, (), [lines], []), ())


class _Totals:
    """Series of several ledgers, merged."""

    def __init__(self) -> None:
        self._series: dict[Metric, dict[Labels, Series]] = {}

    def __iter__(self) -> Iterator[Series]:
        for of_metric in self._series.values():
            yield from of_metric.values()

    def of(self, metric: Metric) -> Iterable[Series]:
        return self._series.get(metric, {}).values()

    def add(self, series: Series, labels: Labels) -> None:
        """Merge `series` in under `labels`; it stays as it is."""
        of_metric = self._series.setdefault(series.metric, {})
        total = of_metric.get(labels)
        if total is None:
            of_metric[labels] = Series(series.metric, labels, series.numbers, series.exemplars)
            return
        together = max if series.metric.over_workers == "max" else _plus
        total.numbers = list(map(together, total.numbers, series.numbers))
        total.exemplars = list(map(_later, total.exemplars, series.exemplars))


class _Bounds:
    """Bounds the distinct values of labels; the first ones stay, the others become `other`."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._admitted: dict[str, set[str]] = {label: set() for label in limits}
        self._folded: dict[str, set[str]] = {label: set() for label in limits}

    def fold(self, series: Series) -> Labels:
        """The labels under which a series is told."""
        names = series.metric.labels
        if self._limits.keys().isdisjoint(names):
            return series.labels
        return tuple(map(self._value, names, series.labels))

    def folded(self) -> Iterator[tuple[str, float]]:
        """How many values of each label were too many."""
        return ((label, float(len(values))) for label, values in self._folded.items() if values)

    def _value(self, label: str, value: str) -> str:
        admitted = self._admitted.get(label)
        if admitted is None or value in admitted or value in UNNAMED:
            return value
        if len(admitted) < self._limits[label]:
            admitted.add(value)
            return value
        self._folded[label].add(value)
        return OTHER


def _plus(one: float, other: float) -> float:
    return one + other


def _later(one: Exemplar | None, other: Exemplar | None) -> Exemplar | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda exemplar: exemplar.at)


def _lines(series: Series) -> int:
    """The series that Prometheus makes of it: a histogram's sum and count are two more."""
    is_histogram = series.metric.kind is Kind.HISTOGRAM
    return len(series.numbers) + 1 if is_histogram else 1


def _family(metric: Metric, of_metric: Iterable[Series]) -> Family:
    if metric.kind is Kind.HISTOGRAM:
        return _histogram(metric, of_metric)
    build = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = build(metric.name, metric.help, labels=metric.labels)
    for series in of_metric:
        family.add_metric(series.labels, series.numbers[0])
    return family


def _histogram(metric: Metric, of_metric: Iterable[Series]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [
        floatToGoString(bound)  # type: ignore[no-untyped-call]
        for bound in (*metric.buckets, math.inf)
    ]
    for series in of_metric:
        total, *counts = series.numbers
        traces = series.exemplars or repeat(None)
        buckets = map(_bucket, bounds, accumulate(counts), traces)
        family.add_metric(series.labels, list(buckets), total)
    return family


def _bucket(
    bound: str, count: float, latest: Exemplar | None
) -> tuple[str, float] | tuple[str, float, Trace]:
    if latest is None:
        return bound, count
    return bound, count, Trace({"trace_id": latest.trace_id}, latest.value, latest.at)
