"""What is sent under the names of the GenAI conventions: theirs, and the same as our own."""

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import genai as g
from ollama_observe.metrics.metric import Kind, Metric

each = pytest.mark.parametrize("metric", g.METRICS, ids=lambda metric: metric.name)

NAMES_AND_UNITS = {
    "gen_ai.server.request.duration": "s",
    "gen_ai.server.time_to_first_token": "s",
    "gen_ai.server.time_per_output_token": "s",
    "gen_ai.client.token.usage": "{token}",
}
"""As the conventions have them."""


def test_names_and_units_are_those_of_the_conventions() -> None:
    assert {metric.name: metric.unit for metric in g.METRICS} == NAMES_AND_UNITS


@each
def test_each_is_another_s_twin_with_its_kind_its_clock_and_its_buckets(metric: Metric) -> None:
    twin = g.TWINS[metric]
    assert twin in catalogue.PROXY
    assert metric.kind is twin.kind is Kind.HISTOGRAM
    assert (metric.buckets, metric.clock) == (twin.buckets, twin.clock)
    assert metric.exemplars == twin.exemplars


@each
def test_each_label_is_an_attribute_and_the_operation_is_always_one(metric: Metric) -> None:
    assert set(metric.labels) <= g.ATTRIBUTES.keys()
    assert "operation" in metric.labels
    assert ("type" in metric.labels) == (metric is g.TOKEN_USAGE)
    assert ("error_type" in metric.labels) == (metric is g.REQUEST_DURATION)


def test_nothing_of_it_is_at_metrics() -> None:
    assert not set(catalogue.GENAI) & set(catalogue.ALL)
    assert set(g.TWINS) == set(catalogue.GENAI)
