"""What is read of the machine: labels only for what a machine has a handful of."""

import pytest

from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric


@pytest.mark.parametrize("metric", m.METRICS, ids=lambda metric: metric.name)
def test_a_name_says_that_it_is_of_the_machine(metric: Metric) -> None:
    assert metric.name.startswith("host_")
    assert len(metric.labels) <= 2


@pytest.mark.parametrize("metric", m.METRICS, ids=lambda metric: metric.name)
def test_no_series_is_of_a_single_cpu_or_process(metric: Metric) -> None:
    assert not {"cpu", "pid", "user"} & set(metric.labels)
