"""What the traffic worker measures stands beside the proxy's."""

import pytest

from ollama_observe.metrics.catalogue import proxy
from ollama_observe.metrics.catalogue import traffic as m
from ollama_observe.metrics.metric import Kind, Metric


def test_a_name_says_that_it_is_of_the_traffic_worker() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("traffic_")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(m.TTFT, proxy.TTFT), (m.TPOT, proxy.TPOT), (m.DURATION, proxy.DURATION)],
    ids=lambda metric: metric.name,
)
def test_a_clients_latency_has_the_buckets_of_the_proxys(ours: Metric, theirs: Metric) -> None:
    assert ours.kind is theirs.kind is Kind.HISTOGRAM
    assert ours.buckets == theirs.buckets
    assert set(ours.labels) <= set(theirs.labels)


def test_the_limit_of_a_late_sending_is_a_bucket() -> None:
    assert 0.01 in m.SEND_DELAY.buckets
