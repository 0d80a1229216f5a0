"""Where models compute: one series a model, whatever processes there are."""

from ollama_observe.metrics.catalogue import location as m
from ollama_observe.metrics.catalogue import ollama
from ollama_observe.metrics.metric import Kind


def test_it_is_told_in_an_info_that_no_number_of_processes_makes_larger() -> None:
    assert (m.MODEL_INFO.kind, m.MODEL_INFO.over_workers) == (Kind.GAUGE, "max")
    assert m.MODEL_INFO.labels == ("model", "location")
    assert m.METRICS == (m.MODEL_INFO,)


def test_it_has_the_label_that_a_model_on_disk_has_too() -> None:
    assert "location" in ollama.MODEL_INFO.labels
