"""What models cost: the energy by model, and what the operator named of prices."""

import pytest

from ollama_observe.metrics.catalogue import energy as m
from ollama_observe.metrics.metric import Kind, Metric

SHARED_OUT = (m.ENERGY, m.SECONDS, m.IDLE_POWER)
NAMED = tuple(metric for metric in m.METRICS if metric not in SHARED_OUT)


@pytest.mark.parametrize("metric", SHARED_OUT, ids=lambda metric: metric.name)
def test_what_is_shared_out_says_in_which_state(metric: Metric) -> None:
    assert metric.name.startswith(("ollama_energy_", "ollama_idle_"))
    assert "state" in metric.labels


@pytest.mark.parametrize("metric", NAMED, ids=lambda metric: metric.name)
def test_what_the_operator_named_is_a_gauge_that_names_its_setting(metric: Metric) -> None:
    assert metric.name.startswith(("energy_", "hardware_", "paid_api_"))
    assert metric.kind is Kind.GAUGE
    assert "(GPU_EXPORTER_" in metric.help


@pytest.mark.parametrize("metric", NAMED, ids=lambda metric: metric.name)
def test_a_price_has_a_currency(metric: Metric) -> None:
    assert ("price" in metric.name) == ("currency" in metric.labels)
