"""Head-room: gauges by place, that repeat nothing of the cards and the machine."""

import pytest

from ollama_observe.metrics.catalogue import gpu, headroom, host
from ollama_observe.metrics.metric import Kind, Metric


@pytest.mark.parametrize("metric", headroom.METRICS, ids=lambda metric: metric.name)
def test_each_is_a_size_of_a_place(metric: Metric) -> None:
    assert metric.kind is Kind.GAUGE
    assert metric.name.startswith("ollama_headroom_") and metric.name.endswith("_bytes")
    assert metric.labels == ("place",)


def test_none_is_told_twice() -> None:
    names = [metric.name for metric in (*headroom.METRICS, *gpu.METRICS, *host.METRICS)]
    assert len(names) == len(set(names))
