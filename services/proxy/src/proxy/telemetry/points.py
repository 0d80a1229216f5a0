"""Series of a ledger as OTLP's metrics: cumulative, from when the proxy began.

The buckets are the ladders that are measured, as explicit bounds. An exemplar is sent once: what
was there when the last metrics were taken is not new.
Source: OTLP 1.11, metrics.proto.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Exemplar,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

from ollama_observe.metrics import metric as catalogue
from ollama_observe.metrics.exemplars import Exemplar as Trace
from ollama_observe.metrics.metric import UNNAMED, Kind
from ollama_observe.metrics.view import Series
from proxy.telemetry.values import attribute

_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_UNITS = {
    "seconds": "s",
    "bytes": "By",
    "tokens": "{token}",
    "tokens/second": "{token}/s",
    "ratio": "1",
}
"""Ours, as UCUM has them; others are UCUM's already, or none."""


_Key = tuple[catalogue.Metric, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Times:
    """When the values began to be counted, when they were last taken, and when they are now.

    Units: nanoseconds since 1970.
    """

    began: int
    taken: int
    now: int


def metrics_of(
    series: Iterable[Series], times: Times, names: Mapping[str, str], always: Sequence[KeyValue]
) -> tuple[list[Metric], int]:
    """The metrics of these series, which come metric by metric, and how many points they have.

    `names` is what labels are called, their own name where it lacks them; where it has them, what
    has no name (`none`, `other`) is left out, and series that are then the same are one point.
    `always` are attributes of every point.
    """
    points: dict[_Key, Series] = {}
    for one in series:
        key = (one.metric, _said(one, names))
        other = points.get(key)
        points[key] = one if other is None else _together(other, one)
    found: list[Metric] = []
    of: catalogue.Metric | None = None
    for (metric, said), one in points.items():
        if metric is not of:
            of = metric
            found.append(_metric(of))
        _add(found[-1], one, times, [*(attribute(*pair) for pair in said), *always])
    return found, len(points)


def _said(series: Series, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The attributes that a series' labels are."""
    return tuple(
        (names.get(label, label), value)
        for label, value in zip(series.metric.labels, series.labels, strict=True)
        if not (label in names and value in UNNAMED)
    )


def _together(one: Series, other: Series) -> Series:
    numbers = [mine + its for mine, its in zip(one.numbers, other.numbers, strict=True)]
    return Series(one.metric, one.labels, numbers, [*one.exemplars, *other.exemplars])


def _metric(metric: catalogue.Metric) -> Metric:
    unit = _UNITS.get(metric.unit, metric.unit)
    made = Metric(name=metric.name, description=metric.help, unit=unit)
    if metric.kind is Kind.HISTOGRAM:
        made.histogram.aggregation_temporality = _CUMULATIVE
    elif metric.kind is Kind.COUNTER:
        made.sum.aggregation_temporality = _CUMULATIVE
        made.sum.is_monotonic = True
    else:
        made.gauge.SetInParent()
    return made


def _add(made: Metric, series: Series, times: Times, attributes: list[KeyValue]) -> None:
    if series.metric.kind is Kind.HISTOGRAM:
        made.histogram.data_points.append(_histogram(series, times, attributes))
        return
    point = NumberDataPoint(
        attributes=attributes, time_unix_nano=times.now, as_double=series.numbers[0]
    )
    if series.metric.kind is Kind.COUNTER:
        point.start_time_unix_nano = times.began
        made.sum.data_points.append(point)
    else:
        made.gauge.data_points.append(point)


def _histogram(series: Series, times: Times, attributes: list[KeyValue]) -> HistogramDataPoint:
    total, *buckets = series.numbers
    counts = [int(count) for count in buckets]
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=times.began,
        time_unix_nano=times.now,
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=series.metric.buckets,
        exemplars=[_exemplar(one) for one in series.exemplars if _is_new(one, times)],
    )


def _is_new(trace: Trace | None, times: Times) -> bool:
    return trace is not None and times.taken < _nanoseconds(trace) <= times.now


def _exemplar(trace: Trace | None) -> Exemplar:
    assert trace is not None
    return Exemplar(
        trace_id=bytes.fromhex(trace.trace_id),
        time_unix_nano=_nanoseconds(trace),
        as_double=trace.value,
    )


def _nanoseconds(trace: Trace) -> int:
    return int(trace.at * 1e9)
