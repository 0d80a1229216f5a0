"""Catalogue entries become prometheus_client objects of their kind."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ollama_observe.metrics.build import counter, gauge, histogram, process_registry
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.metric import Metric


def test_each_kind_is_built_as_itself() -> None:
    registry = process_registry()
    counter(m.ERRORS, registry).labels("m", "connect", "direct").inc()
    gauge(m.ACTIVE, registry).labels("m", "/api/chat", "direct").set(2)
    histogram(m.TTFT, registry).labels("m", "direct").observe(0.3)
    text = generate_latest(registry).decode()
    assert 'ollama_proxy_errors_total{error_type="connect",model="m",routing="direct"} 1.0' in text
    assert 'le="640.0"' in text
    assert "process_cpu_seconds_total" in text
    assert "_created" not in text


@pytest.mark.parametrize(
    ("build", "metric"),
    [(counter, m.TTFT), (gauge, m.ERRORS), (histogram, m.ACTIVE)],
)
def test_a_wrong_kind_is_refused(build: object, metric: Metric) -> None:
    assert callable(build)
    with pytest.raises(ValueError, match=f"{metric.name} is a {metric.kind}"):
        build(metric, CollectorRegistry())
