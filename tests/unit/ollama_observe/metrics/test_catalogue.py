"""The catalogue follows the naming rules, and says what every number means."""

import re

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.metric import Kind, Metric

ALL = catalogue.PROXY

# Of the process, of a model, or of requests that were refused before they had a way.
OF_NO_REQUEST = {
    m.PULL_PROGRESS,
    m.QUEUE_REJECTIONS,
    m.LABEL_OVERFLOW,
    m.SERIES,
    m.DROPPED_VALUES,
    m.WORKER_RESTARTS,
    m.CONFIG_INFO,
    m.BUILD_INFO,
    *(metric for metric in catalogue.PROXY if metric.name.startswith("ollama_proxy_portkey_")),
}
"""And those whose every request took the same way."""


def test_no_name_is_given_twice() -> None:
    assert len({metric.name for metric in ALL}) == len(ALL) > 40


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_only_what_a_kind_can_have_is_said_of_it(metric: Metric) -> None:
    assert metric.kind is Kind.HISTOGRAM or not metric.exemplars
    assert metric.kind is Kind.GAUGE or metric.over_workers == "sum"


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_name_follows_the_rules(metric: Metric) -> None:
    assert re.fullmatch(r"ollama_proxy_[a-z_]+[a-z]", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    if metric.unit in ("seconds", "bytes", "ratio"):
        assert metric.name.removesuffix("_total").endswith(f"_{metric.unit}")


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_labels_are_explained_and_bounded(metric: Metric) -> None:
    assert set(metric.labels) <= set(catalogue.LABELS)
    assert len(metric.labels) <= 5
    assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_every_request_metric_says_the_routing(metric: Metric) -> None:
    assert ("routing" in metric.labels) != (metric in OF_NO_REQUEST)


def test_every_explained_label_is_used() -> None:
    assert set(catalogue.LABELS) == {label for metric in ALL for label in metric.labels}
