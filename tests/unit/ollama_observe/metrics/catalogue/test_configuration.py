"""What is told of how models run: gauges, each of one model or one setting."""

from ollama_observe.metrics.catalogue import configuration as m
from ollama_observe.metrics.metric import Kind


def test_a_name_says_whether_it_is_in_force_or_set() -> None:
    for metric in m.METRICS:
        assert metric.kind is Kind.GAUGE
        assert metric.name.startswith(("ollama_runner_", "ollama_setting"))
        assert metric.name.startswith("ollama_runner_") == (metric.labels[:1] == ("model",)) or (
            metric is m.SETTING_DIFFERS
        )


def test_words_are_labels_of_an_info_alone_and_numbers_are_values() -> None:
    for metric in m.METRICS:
        words = set(metric.labels) - {"model", "setting"}
        assert bool(words) == metric.name.endswith("_info")


def test_no_process_path_or_user_is_a_label() -> None:
    for metric in m.METRICS:
        assert not {"pid", "path", "user", "command"} & set(metric.labels)
