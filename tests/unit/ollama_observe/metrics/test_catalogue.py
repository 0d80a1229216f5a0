"""The catalogue follows the naming rules, and says what every number means."""

import re

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import Kind, Metric

ALL = catalogue.PROXY


def test_the_list_holds_every_entry_once() -> None:
    entries = [value for value in vars(catalogue).values() if isinstance(value, Metric)]
    assert list(ALL) == entries
    assert len({metric.name for metric in ALL}) == len(ALL)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_name_follows_the_rules(metric: Metric) -> None:
    assert re.fullmatch(r"ollama_proxy_[a-z_]+[a-z]", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    if metric.unit == "seconds":
        assert metric.name.endswith("_seconds")
    if metric.unit == "bytes":
        assert metric.name.endswith("_bytes")


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_labels_are_explained_and_bounded(metric: Metric) -> None:
    assert set(metric.labels) <= set(catalogue.LABELS)
    assert len(metric.labels) <= 5
    assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_every_request_metric_says_the_routing(metric: Metric) -> None:
    about_the_process = {catalogue.LABEL_OVERFLOW, catalogue.BUILD_INFO}
    assert ("routing" in metric.labels) != (metric in about_the_process)


def test_every_explained_label_is_used() -> None:
    assert set(catalogue.LABELS) == {label for metric in ALL for label in metric.labels}
