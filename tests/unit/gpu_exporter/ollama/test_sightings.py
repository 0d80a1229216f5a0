"""Ollama's processes are found among all others."""

from pathlib import Path

import pytest

from gpu_exporter.machine.processes import ProcFiles
from gpu_exporter.ollama.sightings import (
    LOOK_AGAIN_SECONDS,
    NEW_SECONDS,
    Lookout,
    Runner,
    Sightings,
)
from tests.clock import Clock
from tests.ollamas import BLOB
from tests.proctrees import ENGINE, FILE, HTTP_RUNNER, LLAMA_SERVER, SERVE, ProcTree


class Counting(ProcFiles):
    """Counts how many command lines are read."""

    read = 0

    def words(self, pid: int) -> list[str] | None:
        self.read += 1
        return super().words(pid)


class World:
    """A machine and somebody who looks at it."""

    def __init__(self, folder: Path) -> None:
        self.tree = ProcTree(folder)
        self.seen = Counting(self.tree.proc)
        self.clock = Clock()
        self.lookout = Lookout(self.seen, self.clock)

    def pids(self) -> list[int]:
        """Numbers of all that is found, now."""
        found = self.lookout.look()
        return sorted([*found.servers, *(runner.pid for runner in found.runners)])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_an_ollama_and_its_runner_are_found_with_who_started_whom(world: World) -> None:
    world.tree.write(20, SERVE)
    world.tree.write(21, LLAMA_SERVER, parent=20, started=700)
    found = world.lookout.look()
    assert found.servers == {20: list(SERVE)}
    assert found.runners == [Runner(21, 20, 700.0, BLOB, list(LLAMA_SERVER))]


def test_the_embedded_engine_and_its_models_are_found(world: World) -> None:
    path = "/srv/models/smollm2@135m.gguf"
    world.tree.write(30, ENGINE)
    for pid, module in ((31, "engine.runner"), (32, "engine.e5.runner")):
        world.tree.write(pid, ("python3", "-m", module, "--model", path), parent=30)
    found = world.lookout.look()
    assert found.servers == {30: list(ENGINE)}
    assert [(runner.pid, runner.server) for runner in found.runners] == [(31, 30), (32, 30)]


def test_whoever_else_runs_is_not(world: World) -> None:
    world.tree.write(20, ("ollama", "run", "smollm2"))
    world.tree.write(21, ("/home/me/llama-server", "-m", FILE))
    world.tree.write(22, ())
    world.tree.write(23, ("ollama",))
    (world.tree.proc / "99").mkdir()
    assert world.lookout.look() == Sightings({}, [])


def test_a_runner_whose_ollama_is_not_seen_has_no_server(world: World) -> None:
    world.tree.write(21, HTTP_RUNNER, parent=20)
    assert [runner.server for runner in world.lookout.look().runners] == [0]


def test_who_starts_a_server_of_llama_cpp_by_hand_has_no_runner(world: World) -> None:
    world.tree.write(20, ("/usr/local/bin/ollama", "run", "m"))
    world.tree.write(21, LLAMA_SERVER, parent=1)
    assert world.pids() == []


def test_what_comes_and_goes_is_seen_at_once(world: World) -> None:
    world.tree.write(20, SERVE)
    assert world.pids() == [20]
    world.tree.write(21, LLAMA_SERVER, parent=20)
    assert world.pids() == [20, 21]
    world.tree.end(21)
    assert world.pids() == [20]


def test_others_are_not_read_again_until_a_while_later(world: World) -> None:
    for pid in range(100, 200):
        world.tree.write(pid, ("sleep", "1"))
    world.tree.write(20, SERVE)
    world.pids()
    world.clock.now += NEW_SECONDS
    world.pids()
    world.seen.read = 0
    world.clock.now += 5
    assert world.pids() == [20]
    assert world.seen.read == 1
    world.tree.write(150, SERVE)  # a number that came again
    assert world.pids() == [20]
    world.clock.now += LOOK_AGAIN_SECONDS
    assert world.pids() == [20, 150]
    assert world.seen.read > 100


def test_a_process_that_is_new_is_looked_at_until_it_has_become_what_it_will_be(
    world: World,
) -> None:
    world.tree.write(20, ("sh", "-c", "exec ollama serve"))
    assert world.pids() == []
    world.clock.now += NEW_SECONDS - 1
    world.tree.write(20, SERVE)
    assert world.pids() == [20]


def test_a_number_that_was_free_in_between_is_looked_at_at_once(world: World) -> None:
    world.tree.write(20, ("sleep", "1"))
    world.pids()
    world.tree.end(20)
    world.pids()
    world.tree.write(20, SERVE)
    assert world.pids() == [20]


def test_words_do_not_stand_in_what_is_printed_of_it() -> None:
    assert "sk-3f9a7c1e" not in repr(Sightings({7: ("ollama", "serve", "sk-3f9a7c1e")}, []))
