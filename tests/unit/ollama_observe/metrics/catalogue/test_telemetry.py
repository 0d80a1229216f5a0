"""What is counted of the sending itself: by signal, and by nothing that has no end."""

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import telemetry as m


def test_a_name_says_that_it_is_of_the_sending() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("ollama_proxy_otlp_")
        assert metric in catalogue.PROXY
        assert set(metric.labels) <= {"signal", "reason", "result"}


def test_while_nothing_is_sent_nothing_of_it_is_there() -> None:
    """A counter without labels would be, at zero."""
    assert all(metric.labels for metric in m.METRICS if metric is not m.QUEUED)
