"""What is read of the machine: labels only for what a machine has a handful of."""

from ollama_observe.metrics.catalogue import host as m


def test_a_name_says_that_it_is_of_the_machine() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("host_")
        assert len(metric.labels) <= 2


def test_no_series_is_of_a_single_cpu_or_process() -> None:
    for metric in m.METRICS:
        assert not {"cpu", "pid", "user"} & set(metric.labels)
