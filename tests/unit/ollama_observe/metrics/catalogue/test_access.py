"""What is measured of those who ask: by alias, and by what is bounded."""

import re

from ollama_observe.metrics.catalogue import access as m
from ollama_observe.metrics.metric import Kind
from proxy.access.denials import Reason


def test_a_name_says_that_it_is_about_keys() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("ollama_proxy_key_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.kind is not Kind.HISTOGRAM


def test_labels_are_few_and_none_is_a_key() -> None:
    for metric in m.METRICS:
        assert set(metric.labels) <= {"user", "model", "type", "reason", "result"}


def test_each_reason_of_a_refusal_is_named_where_it_is_counted() -> None:
    assert set(re.findall(r"`(\w+)`", m.REFUSALS.help)) - {"reason"} == set(Reason)


def test_what_every_process_says_of_the_file_is_not_summed() -> None:
    gauges = [metric for metric in m.METRICS if metric.kind is Kind.GAUGE]
    assert gauges
    assert {metric.over_workers for metric in gauges} == {"max"}
