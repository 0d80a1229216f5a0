"""What the exporter says of itself: there on every machine."""

from ollama_observe.metrics.catalogue import exporter as m


def test_a_name_says_that_it_is_of_the_exporter() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("exporter_")
        assert (metric.labels == ("collector",)) == metric.name.startswith("exporter_collector_")
