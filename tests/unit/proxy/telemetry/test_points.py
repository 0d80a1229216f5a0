"""Series of ledgers as OTLP's metrics: the same numbers, on the same buckets."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import genai as g
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import Kind
from ollama_observe.metrics.metric import Metric as Entry
from ollama_observe.metrics.view import Series
from proxy.telemetry.points import Times, metrics_of
from proxy.telemetry.values import attribute
from tests.ledgers import observe
from tests.otlp import attributes_of, points_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TIMES = Times(began=1_000_000_000, taken=5_000_000_000, now=9_000_000_000)
CHAT = ("chat", "m:latest", "m:latest", "none")


def told(
    series: Sequence[Series],
    names: Mapping[str, str] = g.ATTRIBUTES,
    always: Sequence[KeyValue] = (),
    times: Times = TIMES,
) -> tuple[list[Metric], int]:
    """As a collector reads it."""
    made, count = metrics_of(series, times, names, always)
    return [Metric.FromString(one.SerializeToString()) for one in made], count


def series_of(ledger: Ledger) -> list[Series]:
    collector = LedgerCollector(catalogue.PROXY, {}, catalogue.GENAI)
    collector.include(ledger.memory)
    return collector.read((*catalogue.GENAI, m.ACTIVE, m.ERRORS, m.OVERHEAD))


def a_ledger(at: float = 7.0) -> Ledger:
    return Ledger((*catalogue.PROXY, *catalogue.GENAI), wall_clock=lambda: at)


def test_a_histogram_has_our_bounds_its_counts_its_sum_and_its_start() -> None:
    ledger = a_ledger()
    for value in (0.04, 0.1, 3.0, 99999.0):
        observe(ledger, g.REQUEST_DURATION, value, CHAT)
    (made,), count = told(series_of(ledger), always=[attribute("gen_ai.provider.name", "ollama")])
    assert count == 1
    assert (made.name, made.unit) == ("gen_ai.server.request.duration", "s")
    assert made.description == g.REQUEST_DURATION.help
    assert made.histogram.aggregation_temporality == (
        AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    )
    (point,) = points_of(made)
    assert attributes_of(point.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m:latest",
        "gen_ai.response.model": "m:latest",
        "gen_ai.provider.name": "ollama",
    }
    assert tuple(point.explicit_bounds) == g.REQUEST_DURATION.buckets
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert point.count == sum(point.bucket_counts) == 4
    assert (point.bucket_counts[0], point.bucket_counts[-1]) == (1, 1)
    assert point.sum == pytest.approx(0.04 + 0.1 + 3.0 + 99999.0)
    assert (point.start_time_unix_nano, point.time_unix_nano) == (TIMES.began, TIMES.now)


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=30))
def test_a_bucket_holds_what_is_at_most_its_bound_as_prometheus_s_does(values: list[float]) -> None:
    ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
    for value in values:
        observe(ledger, g.TIME_TO_FIRST_TOKEN, value, CHAT[:3])
    (made,), _ = told(series_of(ledger))
    (point,) = points_of(made)
    below = dict(zip(point.explicit_bounds, accumulate(point.bucket_counts), strict=False))
    assert below == {bound: sum(value <= bound for value in values) for bound in below}


def test_an_exemplar_that_is_new_is_sent_with_its_trace_and_an_old_one_is_not() -> None:
    ledger = a_ledger(at=7.0)
    observe(ledger, g.REQUEST_DURATION, 0.2, CHAT, TRACE)
    (made,), _ = told(series_of(ledger))
    (point,) = points_of(made)
    (exemplar,) = point.exemplars
    assert (exemplar.trace_id.hex(), exemplar.as_double) == (TRACE, 0.2)
    assert exemplar.time_unix_nano == 7_000_000_000
    (made,), _ = told(series_of(ledger), times=Times(1, 7_000_000_000, 9_000_000_000))
    assert list(points_of(made)[0].exemplars) == []


def test_counters_and_gauges_keep_their_kind_their_name_and_all_their_labels() -> None:
    ledger = a_ledger()
    ledger.add(m.ERRORS, 2, ("other", "connect", "direct"))
    ledger.put(m.ACTIVE, 3, ("none", "/api/tags", "direct"))
    made, count = told(series_of(ledger), names={})
    by_name = {one.name: one for one in made}
    assert count == 2
    errors = by_name["ollama_proxy_errors_total"]
    assert errors.sum.is_monotonic
    assert errors.sum.aggregation_temporality == (
        AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    )
    (point,) = points_of(errors)
    assert attributes_of(point.attributes) == {
        "model": "other",
        "error_type": "connect",
        "routing": "direct",
    }
    assert (point.as_double, point.start_time_unix_nano) == (2, TIMES.began)
    active = by_name["ollama_proxy_active_requests"]
    assert active.WhichOneof("data") == "gauge"
    assert (points_of(active)[0].as_double, points_of(active)[0].start_time_unix_nano) == (3, 0)


def test_what_has_no_name_is_no_attribute_and_what_is_then_the_same_is_one_point() -> None:
    ledger = a_ledger()
    observe(ledger, g.REQUEST_DURATION, 0.2, ("chat", "other", "other", "connect"), TRACE)
    observe(ledger, g.REQUEST_DURATION, 4.0, ("chat", "other", "none", "connect"))
    (made,), count = told(series_of(ledger))
    (point,) = points_of(made)
    assert count == 1
    assert attributes_of(point.attributes) == {
        "gen_ai.operation.name": "chat",
        "error.type": "connect",
    }
    assert (point.count, point.sum) == (2, pytest.approx(4.2))
    assert len(point.exemplars) == 1


def test_units_are_those_of_ucum() -> None:
    series = [
        Series(metric, ("x",) * len(metric.labels), _zeros(metric), [])
        for metric in catalogue.PROXY
    ]
    made, count = told(series, names={})
    assert count == len(catalogue.PROXY) == len(made)
    assert {one.unit for one in made} <= {"s", "By", "1", "", "{token}", "{token}/s"}


def _zeros(metric: Entry) -> list[float]:
    return [0.0] * (len(metric.buckets) + 2 if metric.kind is Kind.HISTOGRAM else 1)


def test_nothing_is_nothing() -> None:
    assert told([]) == ([], 0)
