"""The cards as metrics: what a card says is a series, and what it does not say is none."""

from dataclasses import fields, replace

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.collector import Context
from gpu_exporter.collectors import gpu_cards
from gpu_exporter.collectors.gpu_cards import GpuCards
from gpu_exporter.errors import CardsMissing, Unavailable
from gpu_exporter.gpu import Gpu, MigInstance
from ollama_observe.metrics.catalogue import gpu as m
from tests.clock import Clock
from tests.exporters import ScriptedBackend, a_gpu, context_of

Told = dict[tuple[str, ...], float]


class Machine:
    """A collector of these cards, by a clock that is moved by hand."""

    def __init__(self, *gpus: Gpu) -> None:
        self.clock = Clock()
        self.backend = ScriptedBackend("nvml", gpus)
        self.context: Context = context_of(self.backend, self.clock)
        self.collector = GpuCards(self.context)

    def read(self) -> Told:
        """Series by the metric's name and the values of its labels."""
        return {(r.metric.name, *r.labels): r.value for r in self.collector.collect()}


def test_a_card_that_says_nothing_is_there_and_has_no_values() -> None:
    identity = ("Card GPU-a", "nvidia", "", "", "", "", "false")
    assert Machine(a_gpu()).read() == {("gpu_info", "0", "GPU-a", *identity): 1}


def test_every_number_that_a_card_can_say_is_a_metric() -> None:
    said = {field.name for field in fields(Gpu)} - {
        *("index", "uuid", "name", "vendor", "driver_version", "cuda_version"),
        *("pci_bus_id", "arch", "unified_memory"),
        *("energy_joules", "processes", "mig"),
    }
    assert said == {*gpu_cards._VALUES, *gpu_cards._KEYED_VALUES}


def test_a_value_is_told_as_it_is_and_zero_is_a_value() -> None:
    gpu = replace(
        a_gpu(),
        utilization_ratio=0.0,
        memory_used_bytes=5.0,
        unified_memory=True,
        power_watts={"instant": 90.5},
        fan_speed_rpm={"0": 0.0, "1": 1500.0},
    )
    told = Machine(gpu).read()
    assert told["gpu_utilization_ratio", "0", "GPU-a"] == 0
    assert told["gpu_memory_used_bytes", "0", "GPU-a"] == 5
    assert told["gpu_power_watts", "0", "GPU-a", "instant"] == 90.5
    assert told["gpu_fan_speed_rpm", "0", "GPU-a", "0"] == 0
    assert told["gpu_fan_speed_rpm", "0", "GPU-a", "1"] == 1500
    assert [labels[-1] for labels in told if labels[0] == "gpu_info"] == ["true"]


def test_the_parts_of_a_divided_card_are_told_as_far_as_they_say() -> None:
    parts = (MigInstance("1", "MIG-x", "1g.10gb", 5.0, 10.0), MigInstance("2", "MIG-y", "2g.20gb"))
    told = Machine(replace(a_gpu(), mig_enabled=1.0, mig=parts)).read()
    assert {labels[2:]: value for labels, value in told.items() if "gpu_mig" in labels[0]} == {
        ("GPU-a",): 1.0,
        ("GPU-a", "1", "MIG-x", "1g.10gb"): 1.0,
        ("GPU-a", "2", "MIG-y", "2g.20gb"): 1.0,
        ("GPU-a", "1"): 10.0,
    }
    assert told["gpu_mig_memory_used_bytes", "0", "GPU-a", "1"] == 5


def test_all_that_it_reads_is_what_it_says_that_it_publishes() -> None:
    assert {m.INFO, m.MIG_INFO, m.ENERGY, m.POWER} <= set(GpuCards.metrics)
    assert not {m.PROCESS_MEMORY, m.PROCESSES, m.MEMORY_UNATTRIBUTED} & set(GpuCards.metrics)


def test_the_cards_and_their_energy_are_pinned_to_the_board() -> None:
    gpus = [
        replace(a_gpu("0", "GPU-a"), power_watts={"average": 100.0}),
        replace(a_gpu("1", "GPU-b"), energy_joules=500.0),
    ]
    machine = Machine(*gpus)
    machine.read()
    machine.clock.now += 2
    machine.backend.answer = [gpus[0], replace(gpus[1], energy_joules=550.0)]
    told = machine.read()
    board = machine.context.board
    now = machine.clock.now
    assert board.gpus == Fact(now, tuple(machine.backend.answer), now + 10)
    assert board.joules["gpu"] == Fact(now, 250.0, now + 10)
    assert told["gpu_energy_joules_total", "0", "GPU-a", "integrated"] == 200
    assert told["gpu_energy_joules_total", "1", "GPU-b", "counter"] == 50
    assert told["gpu_energy_discontinuities_total", "0", "GPU-a"] == 0


def test_cards_that_tell_of_no_energy_pin_none() -> None:
    machine = Machine(a_gpu())
    machine.read()
    assert machine.context.board.joules == {}


@pytest.mark.parametrize("failure", [OSError("gone"), Unavailable("no driver")])
def test_what_was_pinned_is_taken_off_where_reading_fails(failure: Exception) -> None:
    machine = Machine(replace(a_gpu(), power_watts={"average": 100.0}))
    machine.read()
    before = machine.context.board.joules["gpu"]
    machine.backend.answer = failure
    with pytest.raises(type(failure)):
        machine.read()
    assert machine.context.board.gpus is None
    assert machine.context.board.joules["gpu"] == before  # it was used, and stays so


def test_where_a_way_fails_the_cards_of_the_others_are_told_first() -> None:
    machine = Machine()
    machine.backend.answer = CardsMissing("nvml: gone", [a_gpu("0", "GPU-b")])
    readings = machine.collector.collect()
    assert next(readings).labels[1] == "GPU-b"
    with pytest.raises(CardsMissing, match="nvml: gone"):
        list(readings)
    pinned = machine.context.board.gpus
    assert pinned is not None and [gpu.uuid for gpu in pinned.value] == ["GPU-b"]


def test_a_way_that_reads_no_card_has_nothing_to_read() -> None:
    machine = Machine()
    with pytest.raises(Unavailable, match="no card"):
        machine.read()
    assert machine.context.board.gpus is None


def test_where_the_only_way_fails_no_cards_are_pinned() -> None:
    machine = Machine(a_gpu())
    machine.read()
    machine.backend.answer = CardsMissing("nvml: gone", ())
    with pytest.raises(CardsMissing):
        machine.read()
    assert machine.context.board.gpus is None
