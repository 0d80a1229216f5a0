"""What is read of cards: each series is of one card, or of all of them together."""

from ollama_observe.metrics.catalogue import gpu as m
from ollama_observe.metrics.metric import Kind

OF_ALL_CARDS = {m.MEMORY_UNATTRIBUTED}
IDENTITIES = {m.INFO, m.MIG_INFO}


def test_a_series_names_its_card_first() -> None:
    for metric in m.METRICS:
        assert metric.name.startswith("gpu_")
        expected = () if metric in OF_ALL_CARDS else m.CARD
        assert metric.labels[: len(m.CARD)] == expected


def test_what_else_identifies_a_card_is_in_its_info_alone() -> None:
    for metric in m.METRICS:
        identity = {"name", "vendor", "driver_version", "cuda_version", "pci_bus_id", "mig_uuid"}
        assert bool(identity & set(metric.labels)) == (metric in IDENTITIES)
        assert len(metric.labels) <= 4 or metric in IDENTITIES


def test_no_label_grows_with_the_processes() -> None:
    for metric in m.METRICS:
        assert not {"pid", "user", "command"} & set(metric.labels)


def test_energy_is_a_counter_in_joules_and_power_a_gauge_in_watts() -> None:
    assert (m.ENERGY.kind, m.ENERGY.unit) == (Kind.COUNTER, "joules")
    assert (m.POWER.kind, m.POWER.unit) == (Kind.GAUGE, "watts")
