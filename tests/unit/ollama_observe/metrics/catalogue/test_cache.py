"""What the answer cache measures: its own, and as bounded as its labels."""

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.metrics.metric import Kind


def test_a_name_says_that_it_is_the_caches() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("ollama_proxy_cache_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)


def test_nothing_of_a_caller_is_a_label() -> None:
    for metric in m.METRICS:
        known = {"endpoint", "model", "result", "reason", "cause", "part", "type"}
        assert set(metric.labels) <= known | {"cache_mode", "store"}


def test_a_series_of_many_buckets_has_few_labels() -> None:
    for metric in m.METRICS:
        assert len(metric.labels) <= (1 if metric.kind is Kind.HISTOGRAM else 3)
