"""What the proxy's queue measures."""

from ollama_observe.metrics.catalogue import queue as m
from ollama_observe.metrics.metric import Kind
from proxy.queue.priorities import LABELS


def test_all_are_the_queues_own() -> None:
    assert all(metric.name.startswith("ollama_proxy_queue_") for metric in m.METRICS)


def test_none_has_a_series_before_there_is_a_queue() -> None:
    """A counter without labels would be 0 where there is no queue."""
    assert all(metric.labels for metric in m.METRICS if metric.kind is Kind.COUNTER)


def test_what_is_told_by_class_is_told_by_model() -> None:
    for metric in m.METRICS:
        assert ("priority" not in metric.labels) or ("model" in metric.labels)


def test_waits_are_told_from_a_hundredth_of_a_second_to_the_longest_that_is_usual() -> None:
    assert m.WAIT.buckets[0] == 0.01
    assert m.WAIT.buckets[-1] > 300
    assert len(m.WAIT.buckets) * len(LABELS) < 64
