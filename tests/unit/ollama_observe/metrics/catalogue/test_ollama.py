"""What Ollama's own API says: apart from what the proxy measures and from what energy is."""

from ollama_observe.metrics.catalogue import ollama as m


def test_a_name_is_taken_for_no_other_source() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("ollama_")
        assert not metric.name.startswith(("ollama_proxy_", "ollama_energy_", "ollama_idle_"))


def test_what_describes_a_model_is_in_its_info_alone() -> None:
    for metric in m.METRICS:
        described = {"digest", "family", "parameter_size", "quantization"} & set(metric.labels)
        assert bool(described) == (metric is m.MODEL_INFO)
