"""What the exporter says of itself: there on every machine."""

import pytest

from ollama_observe.metrics.catalogue import exporter as m
from ollama_observe.metrics.metric import Metric


@pytest.mark.parametrize("metric", m.METRICS, ids=lambda metric: metric.name)
def test_a_name_says_that_it_is_of_the_exporter(metric: Metric) -> None:
    assert metric.name.startswith("exporter_")
    assert (metric.labels == ("collector",)) == metric.name.startswith("exporter_collector_")
