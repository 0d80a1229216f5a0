"""What the proxy measures: by the way that a request took, wherever there is a request."""

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.metric import Kind

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
}
"""And those whose every request took the same way."""


def test_there_are_as_many_as_the_documents_say() -> None:
    assert len(m.METRICS) > 40


def test_a_name_says_where_the_number_comes_from() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("ollama_proxy_")


def test_every_request_metric_says_the_routing() -> None:
    for metric in m.METRICS:
        assert ("routing" in metric.labels) != (metric in OF_NO_REQUEST)


def test_a_series_of_many_buckets_has_few_labels() -> None:
    for metric in m.METRICS:
        assert len(metric.labels) <= (3 if metric.kind is Kind.HISTOGRAM else 5)
