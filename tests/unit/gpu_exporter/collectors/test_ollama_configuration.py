"""What processes say of how models run, beside a written Ollama and a written /proc."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from gpu_exporter.board import Fact
from gpu_exporter.collectors.ollama_configuration import OllamaConfiguration
from gpu_exporter.collectors.ollama_server import OllamaServer
from gpu_exporter.configuration import latest
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine.processes import ProcFiles
from ollama_observe.metrics.catalogue import configuration as m
from tests.clock import Clock
from tests.machines import Series, read
from tests.ollamas import BLOB, WrittenOllama, asking, serving
from tests.ports import free_port
from tests.proctrees import HTTP_RUNNER, LLAMA_SERVER, SERVE, ProcTree

A, B = "a:latest", "b:latest"
INTERVAL = 5.0
SECRET = "sk-3f9a7c1e"
SET = {"OLLAMA_NUM_PARALLEL": "4", "OLLAMA_CONTEXT_LENGTH": "8192", "OLLAMA_API_KEY": SECRET}


class World:
    """An Ollama with model `a` loaded, on a machine with an Ollama's process; turn by turn."""

    def __init__(self, url: str, script: WrittenOllama, folder: Path, **settings: Any) -> None:
        self.clock = Clock()
        self.script = script
        self.tree = ProcTree(folder / "proc")
        self.context = asking(url, self.clock, folder, **settings)
        self.server = OllamaServer(self.context)
        # on every system of the files: psutil would look at the machine of the test
        self.collector = OllamaConfiguration(self.context, ProcFiles(self.tree.proc))
        script.load("a", context_length=8192)
        script.files[A] = f"/models/blobs/sha256-{BLOB}"
        self.tree.write(20, SERVE, environment=SET)

    def run(self, words: tuple[str, ...] = LLAMA_SERVER, **more: Any) -> None:
        """Start the runner of `a`."""
        self.tree.write(21, words, parent=20, **more)

    def turn(self) -> dict[Series, float]:
        """A turn of the lane, in which names that are asked for are known in the next."""
        for _ in range(2):
            read(self.server)
            found = read(self.collector)
            self.clock.now += INTERVAL
        return found

    def reason(self) -> str:
        """Why there is nothing to be read."""
        read(self.server)
        with pytest.raises(Unavailable) as raised:
            read(self.collector)
        assert self.document()["notes"] == [str(raised.value)]
        return str(raised.value)

    def document(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(json.dumps(latest(self.context)))
        return told


@contextmanager
def making(folder: Path, **settings: Any) -> Iterator[World]:
    script = WrittenOllama()
    with serving(script) as server:
        world = World(server.url, script, folder, **settings)
        yield world
        world.server.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with making(tmp_path) as world:
        yield world


def of(found: dict[Series, float], name: str) -> dict[Series, float]:
    return {key[1:]: value for key, value in found.items() if key[0] == name}


def test_a_model_has_its_values_and_a_verdict_on_each_setting(world: World) -> None:
    world.run((*LLAMA_SERVER, "-np", "1", "-c", "8192", "--api-key", SECRET))
    assert world.turn() == {
        (m.CONFIG_INFO.name, A, "llama-server", "on", "q8_0", "33"): 1,
        (m.CONTEXT.name, A): 8192,
        (m.CONTEXT_TOTAL.name, A): 8192,
        (m.PARALLEL.name, A): 1,
        (m.BATCH.name, A): 512,
        (m.MICRO_BATCH.name, A): 512,
        (m.GPU_LAYERS.name, A): 33,
        (m.THREADS.name, A): 8,
        (m.SETTINGS_READABLE.name,): 1,
        (m.SETTING_INFO.name, "OLLAMA_NUM_PARALLEL", "4"): 1,
        (m.SETTING_INFO.name, "OLLAMA_CONTEXT_LENGTH", "8192"): 1,
        (m.SETTING_DIFFERS.name, A, "OLLAMA_NUM_PARALLEL"): 1,
        (m.SETTING_DIFFERS.name, A, "OLLAMA_CONTEXT_LENGTH"): 0,
    }
    told = world.document()
    assert [model["model"] for model in told["models"]] == [A]
    assert told["notes"] == []
    assert SECRET not in json.dumps(told)


def test_names_are_asked_for_because_runners_are_seen(world: World) -> None:
    world.run()
    read(world.server)
    first = read(world.collector)
    assert "/api/show" not in world.script.asked
    assert of(first, m.CONFIG_INFO.name) == {}
    assert "was not told yet" in world.document()["notes"][0]
    world.turn()
    assert world.script.asked.count("/api/show") == 1


def test_one_that_is_told_over_http_has_what_ollama_says_and_no_more(world: World) -> None:
    world.run(HTTP_RUNNER)
    found = world.turn()
    assert of(found, m.CONFIG_INFO.name) == {(A, "ollama", "unknown", "unknown", "unknown"): 1}
    assert of(found, m.CONTEXT.name) == {(A,): 8192}
    assert of(found, m.SETTING_DIFFERS.name) == {(A, "OLLAMA_CONTEXT_LENGTH"): 0}
    assert not of(found, m.PARALLEL.name) and not of(found, m.THREADS.name)


def test_settings_that_may_not_be_read_are_said_to_be_so_and_nothing_is_compared(
    world: World,
) -> None:
    world.tree.write(20, SERVE)
    world.run()
    found = world.turn()
    assert found[m.SETTINGS_READABLE.name,] == 0
    assert not of(found, m.SETTING_INFO.name) and not of(found, m.SETTING_DIFFERS.name)
    assert found[m.PARALLEL.name, A] == 4
    told = world.document()
    assert told["settings"] is None
    (note,) = told["notes"]
    assert note.startswith("the environment of Ollama's process 20 may be read by its own user")


class Leaving(ProcFiles):
    """Ollama's process ends while its environment is asked for."""

    def environment(self, pid: int) -> bytes | None:
        if pid == 20:
            shutil.rmtree(self._proc / "20", ignore_errors=True)
        return super().environment(pid)


def test_a_process_that_has_just_ended_is_not_one_that_may_not_be_read(world: World) -> None:
    world.run()
    world.turn()
    leaving = OllamaConfiguration(world.context, Leaving(world.tree.proc))
    read(world.server)
    assert read(leaving)[m.SETTINGS_READABLE.name,] == 0
    assert world.document()["notes"] == [
        "Ollama's own process is not seen: what is set is not known"
    ]


def test_llama_server_s_own_variables_count_where_they_are_readable(world: World) -> None:
    words = ("llama-server", "--model", LLAMA_SERVER[2], "-c", "4096", "-np", "1")
    world.run(words, environment={"LLAMA_ARG_CACHE_TYPE_K": "q4_0", "LLAMA_API_KEY": SECRET})
    assert (A, "llama-server", "unknown", "q4_0/f16", "auto") in of(
        world.turn(), m.CONFIG_INFO.name
    )


def test_a_model_made_for_less_than_is_set_is_as_it_should_be(world: World) -> None:
    world.script.instead = shown_with_context(2048)
    world.script.load("a", context_length=2048)
    world.run((*LLAMA_SERVER, "-np", "4", "-c", "8192"))
    found = world.turn()
    assert found[m.CONTEXT.name, A] == 2048
    assert (m.SETTING_DIFFERS.name, A, "OLLAMA_CONTEXT_LENGTH") not in found


def shown_with_context(tokens: int) -> Any:
    info = {"general.architecture": "llama", "llama.context_length": tokens}
    shown = {"modelfile": f"FROM /models/blobs/sha256-{BLOB}\n", "model_info": info}
    body = json.dumps(shown).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    return lambda call: answer if call.target == "/api/show" else None


def test_with_nothing_loaded_the_settings_are_told(world: World) -> None:
    world.script.unload("a")
    found = world.turn()
    assert found == {
        (m.SETTINGS_READABLE.name,): 1,
        (m.SETTING_INFO.name, "OLLAMA_NUM_PARALLEL", "4"): 1,
        (m.SETTING_INFO.name, "OLLAMA_CONTEXT_LENGTH", "8192"): 1,
    }


def test_the_flags_and_variables_of_an_engine_are_its_settings(world: World) -> None:
    words = ("python3", "-m", "engine", "--context-length", "2048")
    world.tree.write(20, words, environment={"ENGINE_NUM_PARALLEL": "2", "OLLAMA_KEEP_ALIVE": "1"})
    world.run(
        (
            *("python3", "-m", "engine.runner", "--model", LLAMA_SERVER[2]),
            *("--context-tokens", "2048", "--parallel", "1", "--threads", "3"),
        )
    )
    found = world.turn()
    assert of(found, m.SETTING_INFO.name) == {
        ("ENGINE_CONTEXT_LENGTH", "2048"): 1,
        ("ENGINE_NUM_PARALLEL", "2"): 1,
    }
    assert of(found, m.SETTING_DIFFERS.name) == {
        (A, "ENGINE_CONTEXT_LENGTH"): 0,
        (A, "ENGINE_NUM_PARALLEL"): 1,
    }


def test_of_several_ollamas_the_one_counts_that_has_the_model(world: World) -> None:
    world.tree.write(30, SERVE, environment={"OLLAMA_NUM_PARALLEL": "9"})
    world.tree.write(31, (*HTTP_RUNNER[:-3], "/blobs/sha256-" + "0" * 64), parent=30)
    world.run()
    found = world.turn()
    assert of(found, m.SETTING_INFO.name).keys() == {
        ("OLLAMA_NUM_PARALLEL", "4"),
        ("OLLAMA_CONTEXT_LENGTH", "8192"),
    }
    (note,) = world.document()["notes"]
    assert "another Ollama's" in note
    world.script.unload("a")
    world.tree.end(21)
    found = world.turn()
    assert found == {(m.SETTINGS_READABLE.name,): 0}
    assert any("processes 20, 30" in note for note in world.document()["notes"])


def test_a_model_that_two_ollamas_have_loaded_has_no_series(world: World) -> None:
    world.run()
    world.tree.write(20, SERVE)
    world.tree.write(30, SERVE)
    world.tree.write(31, LLAMA_SERVER, parent=30, started=100)
    assert world.turn() == {(m.SETTINGS_READABLE.name,): 0}
    assert any(f"is not known: {A}" in note for note in world.document()["notes"])


def test_of_two_ollamas_with_one_model_the_one_counts_whose_port_is_asked(world: World) -> None:
    world.run()
    ours = {"OLLAMA_HOST": world.context.settings.ollama_url, "OLLAMA_NUM_PARALLEL": "4"}
    world.tree.write(20, SERVE, environment=ours)
    world.tree.write(30, SERVE, environment={"OLLAMA_NUM_PARALLEL": "9"})
    world.tree.write(31, LLAMA_SERVER, parent=30, started=100)
    found = world.turn()
    assert of(found, m.SETTING_INFO.name) == {("OLLAMA_NUM_PARALLEL", "4"): 1}
    assert "OLLAMA_HOST" not in json.dumps(world.document())


def test_of_two_ollamas_with_one_model_the_one_counts_that_has_its_context(world: World) -> None:
    world.run()
    world.tree.write(20, SERVE)
    world.tree.write(30, SERVE)
    world.tree.write(31, (*LLAMA_SERVER, "-c", "4096"), parent=30, started=100)
    assert of(world.turn(), m.CONTEXT.name) == {(A,): 8192}


def test_a_runner_whose_ollama_is_hidden_is_described_all_the_same(world: World) -> None:
    world.tree.end(20)
    world.run(HTTP_RUNNER)
    found = world.turn()
    assert found[m.SETTINGS_READABLE.name,] == 0
    assert found[m.CONTEXT.name, A] == 8192
    assert "Ollama's own process is not seen" in world.document()["notes"][0]


def test_models_beyond_the_limit_have_no_series(tmp_path: Path) -> None:
    with making(tmp_path, model_label_limit=1) as world:
        world.script.load("b")
        blob = "0" * 64
        world.script.files[B] = f"/blobs/sha256-{blob}"
        world.run()
        world.tree.write(22, ("ollama", "runner", "--model", f"/sha256-{blob}"), parent=20)
        assert [key[0] for key in of(world.turn(), m.CONFIG_INFO.name)] == [A]


def test_a_model_that_is_loaded_anew_has_one_series(world: World) -> None:
    world.run(started=100)
    world.tree.write(22, (*LLAMA_SERVER, "-c", "4096", "-np", "1"), parent=20, started=200)
    assert of(world.turn(), m.CONTEXT.name) == {(A,): 4096}


def test_without_an_ollama_that_answers_there_is_nothing(tmp_path: Path) -> None:
    world = World(f"http://me:{SECRET}@127.0.0.1:{free_port()}", WrittenOllama(), tmp_path)
    assert re.fullmatch(r"no Ollama answers at http://127\.0\.0\.1:\d+", world.reason())
    world.server.close()


def test_an_ollama_whose_processes_are_hidden_is_said_to_be_so(world: World) -> None:
    reason = world.reason()
    assert reason.startswith("none of the models that Ollama has loaded (1) is seen among")
    assert str(world.tree.proc) in reason
    assert "GPU_EXPORTER_OLLAMA_ELSEWHERE" in reason
    world.tree.end(20)
    world.script.unload("a")
    assert world.reason().startswith("no Ollama is seen among the processes of")


def test_an_ollama_elsewhere_is_not_looked_for_here(tmp_path: Path) -> None:
    with making(tmp_path, ollama_elsewhere=True) as world:
        world.run()
        assert "another machine" in world.reason()
        assert "/api/show" not in world.script.asked


def test_what_was_found_out_long_ago_is_not_told(world: World) -> None:
    world.run()
    world.turn()
    world.clock.now += 60
    told = world.document()
    assert (told["models"], told["settings"]) == ([], None)
    assert "/health says why" in told["notes"][0]


def test_the_machine_s_own_processes_are_looked_at_by_default(tmp_path: Path) -> None:
    context = asking("http://127.0.0.1:9", Clock(), tmp_path)
    context.board.loaded = Fact(0.0, ())
    with pytest.raises(Unavailable) as raised:
        read(OllamaConfiguration(context))
    expected = tmp_path / "proc" if psutil.LINUX else "this machine"
    assert f"among the processes of {expected}" in str(raised.value)
