"""Who holds the cards' memory, from the facts on the board and the files of /proc."""

from pathlib import Path
from typing import Any

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.collectors.gpu_processes import GpuProcesses
from gpu_exporter.errors import Unavailable
from ollama_observe.metrics.catalogue import gpu as m
from ollama_observe.metrics.catalogue.ollama import ATTRIBUTION_LEVEL
from ollama_observe.wire.loaded import LoadedModel
from tests.clock import Clock
from tests.machines import Series, read, write
from tests.ollamas import BLOB, asking, card, pin

GIB = 2**30
FILE = f"/root/.ollama/models/blobs/sha256-{BLOB}"
LEVEL = (ATTRIBUTION_LEVEL.name,)
LEFT = (m.MEMORY_UNATTRIBUTED.name,)


class Machine:
    """A board, a clock, and a /proc."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.root = root
        self.clock = Clock()
        self.context = asking("http://127.0.0.1:1", self.clock, root, **settings)
        self.collector = GpuProcesses(self.context)

    def load(self, vram: int) -> None:
        model = LoadedModel("m:latest", "", vram, vram, 4096, None)
        self.context.board.loaded = Fact.regular(self.clock.now, (model,), 5.0)

    def know(self, **names: str) -> None:
        self.context.board.names_by_weights = Fact.regular(self.clock.now, names, 5.0)

    def run(self, pid: int, *words: str) -> None:
        write(self.root, {f"proc/{pid}/cmdline": "".join(f"{word}\0" for word in words)})

    def own(self) -> None:
        """Be in the machine's own namespace."""
        link = self.root / "proc" / "self" / "ns" / "pid"
        link.parent.mkdir(parents=True)
        link.symlink_to("pid:[4026531836]")

    def turn(self) -> dict[Series, float]:
        return read(self.collector)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def memory(found: dict[Series, float]) -> dict[Series, float]:
    return {key[1:]: value for key, value in found.items() if key[0] == m.PROCESS_MEMORY.name}


def processes(found: dict[Series, float]) -> dict[Series, float]:
    return {key[1:]: value for key, value in found.items() if key[0] == m.PROCESSES.name}


def test_without_cards_there_is_what_ollama_reports(machine: Machine) -> None:
    machine.load(3 * GIB)
    assert machine.turn() == {LEVEL: 1}


def test_with_neither_there_is_nothing_to_say(machine: Machine) -> None:
    with pytest.raises(Unavailable, match="no card was read, and no Ollama answers"):
        machine.turn()


def test_cards_that_do_not_list_processes_are_the_second_level(machine: Machine) -> None:
    machine.load(3 * GIB)
    pin(machine.context, card("0", used=4.0 * GIB), card("1", used=1.0 * GIB))
    assert machine.turn() == {LEVEL: 2, LEFT: 2.0 * GIB}


def test_a_container_that_sees_no_process_does_not_say_that_there_is_none(
    machine: Machine,
) -> None:
    machine.load(3 * GIB)
    pin(machine.context, card(used=4.0 * GIB, processes={}))
    assert machine.turn() == {LEVEL: 2, LEFT: 1.0 * GIB}


def test_numbers_that_lead_nowhere_are_not_attributed(machine: Machine) -> None:
    machine.load(3 * GIB)
    pin(machine.context, card(used=4.0 * GIB, processes={4711: 3 * GIB}))
    assert machine.turn() == {LEVEL: 2, LEFT: 1.0 * GIB}


def test_an_idle_machine_says_that_nobody_uses_its_card(machine: Machine) -> None:
    machine.own()
    machine.load(0)
    pin(machine.context, card(used=0.5 * GIB, processes={}))
    found = machine.turn()
    assert (found[LEVEL], found[LEFT]) == (3, 0.5 * GIB)
    assert processes(found) == {
        ("0", "GPU-0", "ollama_runner"): 0,
        ("0", "GPU-0", "ollama"): 0,
        ("0", "GPU-0", "other"): 0,
    }
    assert memory(found) == {}


def test_a_card_that_shares_the_machine_s_memory_has_processes_and_no_rest(
    machine: Machine,
) -> None:
    machine.own()
    machine.load(3 * GIB)
    machine.know(**{BLOB: "m:latest"})
    machine.run(101, "/bin/ollama", "runner", "--model", FILE)
    pin(machine.context, card(used=90.0 * GIB, processes={101: 3 * GIB}, unified=True))
    found = machine.turn()
    assert found[LEVEL] == 1
    assert LEFT not in found
    assert memory(found) == {("0", "GPU-0", "ollama_runner", "m:latest"): 3 * GIB}


def test_nothing_of_this_machine_is_an_ollama_s_elsewhere(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ollama_elsewhere=True)
    machine.own()
    machine.load(3 * GIB)
    machine.run(101, "/bin/ollama", "runner", "--model", FILE)
    machine.run(103, "/usr/lib/xorg/Xorg")
    pin(machine.context, card(used=9.0 * GIB, processes={101: 5, 103: 7}))
    found = machine.turn()
    assert found[LEVEL] == 1
    assert LEFT not in found
    assert memory(found) == {
        ("0", "GPU-0", "ollama_runner", "other"): 5,
        ("0", "GPU-0", "other", "none"): 7,
    }


def test_runners_are_told_by_model_and_card(machine: Machine) -> None:
    machine.own()
    machine.load(3 * GIB)
    machine.know(**{BLOB: "m:latest+n:latest"})
    machine.run(100, "/bin/ollama", "serve")
    machine.run(101, "/bin/ollama", "runner", "--model", FILE)
    machine.run(102, "/bin/ollama", "runner", "--model", FILE.replace("941f", "0000"))
    machine.run(103, "/usr/lib/xorg/Xorg")
    pin(
        machine.context,
        card("0", used=9.0, processes={100: 1, 101: 2 * GIB, 102: 7, 103: 5, 104: 6}),
        card("1", used=9.0, processes={101: GIB}),
    )
    found = machine.turn()
    assert found[LEVEL] == 3
    assert memory(found) == {
        ("0", "GPU-0", "ollama", "none"): 1,
        ("0", "GPU-0", "ollama_runner", "m:latest+n:latest"): 2 * GIB,
        ("0", "GPU-0", "ollama_runner", "other"): 7,
        ("0", "GPU-0", "other", "none"): 11,
        ("1", "GPU-1", "ollama_runner", "m:latest+n:latest"): GIB,
    }
    assert processes(found)["0", "GPU-0", "ollama_runner"] == 2
    assert processes(found)["1", "GPU-1", "other"] == 0


def test_processes_are_told_while_ollama_is_down(machine: Machine) -> None:
    machine.run(103, "/usr/lib/xorg/Xorg")
    pin(machine.context, card(used=9.0, processes={103: 5}))
    found = machine.turn()
    assert memory(found) == {("0", "GPU-0", "other", "none"): 5}
    assert LEVEL not in found
    assert LEFT not in found


def test_facts_that_are_too_old_are_not_believed(machine: Machine) -> None:
    machine.own()
    machine.load(3 * GIB)
    machine.know(**{BLOB: "m:latest"})
    machine.run(101, "/bin/ollama", "runner", "--model", FILE)
    pin(machine.context, card(used=9.0, processes={101: 1}))
    machine.clock.now += 60
    with pytest.raises(Unavailable):
        machine.turn()
    machine.load(3 * GIB)
    assert machine.turn() == {LEVEL: 1}
    pin(machine.context, card(used=9.0, processes={101: 1}))
    assert memory(machine.turn()) == {("0", "GPU-0", "ollama_runner", "other"): 1}
