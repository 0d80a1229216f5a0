"""The exporter as one app: a scrape is whole whatever hangs, and /health says what is wrong."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from gpu_exporter.app import Exporter, create_exporter, everything, exporter_of, latest_gpus
from gpu_exporter.board import Fact
from gpu_exporter.collector import Collector, Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu
from gpu_exporter.lane import Lane
from gpu_exporter.ollama.configuration import Configuration
from gpu_exporter.reading import Reading
from gpu_exporter.registry import NAMES
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.watch import Watch
from ollama_observe.metrics.catalogue import exporter as m
from tests.clock import Clock
from tests.exporters import (
    CEILING_SECONDS,
    SIZE,
    HangingCollector,
    ScriptedBackend,
    ScriptedCollector,
    a_gpu,
    context_of,
)


class World:
    """An exporter of scripted collectors, each in a lane of its own; nothing runs by itself."""

    def __init__(
        self, *collectors: Collector, first_turn_seconds: float = 5.0, **settings: Any
    ) -> None:
        self.clock = Clock()
        self.backend = ScriptedBackend("nvml", [a_gpu()])
        self.context: Context = context_of(self.backend, self.clock, **settings)
        self.watches = [Watch(one, 30.0, self.clock) for one in collectors]
        lanes = [Lane(watch.name, [watch], 3600.0) for watch in self.watches]
        made: Exporter = exporter_of(self.context, lanes)
        self.exporter = replace(made, first_turn_seconds=first_turn_seconds)
        self.exporter.readiness.open()
        self.client = TestClient(self.exporter.app)

    def run(self) -> None:
        for watch in self.watches:
            watch.run()

    def health(self) -> tuple[int, dict[str, tuple[bool, str]]]:
        answer = self.client.get("/health")
        checks = answer.json()["checks"]
        return answer.status_code, {k: (v["ok"], v["detail"]) for k, v in checks.items()}


def test_health_has_a_sentence_for_every_collector_and_absence_is_fine() -> None:
    world = World(
        ScriptedCollector([Reading(SIZE, 5.0)], name="host"),
        ScriptedCollector(Unavailable("no card in /sys"), name="gpu"),
    )
    world.run()
    expected = {"host": (True, "is read"), "gpu": (True, "no card in /sys")}
    assert world.health() == (200, expected)


def test_a_failure_is_503_with_its_reason_until_it_is_over() -> None:
    collector = ScriptedCollector(OSError("the driver is gone"), name="gpu")
    world = World(collector, ScriptedCollector(name="host"))
    world.run()
    status, checks = world.health()
    assert (status, checks["gpu"]) == (503, (False, "OSError: the driver is gone"))
    assert checks["host"] == (True, "is read")
    collector.answer = ()
    world.run()
    assert world.health()[0] == 200


async def test_while_one_hangs_the_scrape_has_the_others_and_health_says_so() -> None:
    hanging = HangingCollector(name="gpu")
    host = ScriptedCollector([Reading(SIZE, 5.0)], name="host")
    world = World(hanging, host, first_turn_seconds=0.1)
    async with world.exporter.reading():
        assert hanging.began.wait(CEILING_SECONDS)
        world.clock.now += 31
        world.watches[1].run()
        status, checks = world.health()
        assert (status, checks["gpu"]) == (503, (False, "hangs since 31 s"))
        text = world.client.get("/metrics").text
        assert 'exporter_collector_up{collector="gpu"} 0.0\n' in text
        assert "sample_size_bytes 5.0\n" in text
    assert not world.backend.is_closed  # closing what hangs would hang, too
    hanging.let_go.set()
    assert world.exporter.lanes[0].has_ended(CEILING_SECONDS)


async def test_reading_begins_once_everything_was_read_and_ends_with_the_backend_closed() -> None:
    world = World(ScriptedCollector([Reading(SIZE, 5.0)], name="host"))
    async with world.exporter.reading():
        assert "sample_size_bytes 5.0\n" in world.client.get("/metrics").text
        closed = [world.backend.is_closed]
    closed.append(world.backend.is_closed)
    assert closed == [False, True]
    assert all(lane.has_ended(0.0) for lane in world.exporter.lanes)


async def test_the_loop_goes_on_while_the_start_waits() -> None:
    hanging = HangingCollector()
    world = World(hanging)
    turns = []

    async def turn() -> None:
        while not hanging.let_go.is_set():
            turns.append(1)
            if len(turns) == 10:
                hanging.let_go.set()
            await asyncio.sleep(0)

    async with asyncio.timeout(CEILING_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(turn())
        async with world.exporter.reading():
            counted = len(turns)
    assert counted == 10


def test_two_collectors_of_one_series_do_not_break_the_scrape() -> None:
    world = World(
        ScriptedCollector([Reading(SIZE, 5.0)], name="one"),
        ScriptedCollector([Reading(SIZE, 6.0)], name="other"),
    )
    world.run()
    families = list(text_string_to_metric_families(world.client.get("/metrics").text))
    (family,) = [family for family in families if family.name == SIZE.name]
    assert [sample.value for sample in family.samples] == [5.0]


def test_metrics_come_in_the_format_that_was_asked_for() -> None:
    world = World()
    asked = {"accept": "application/openmetrics-text; version=1.0.0"}
    answer = world.client.get("/metrics", headers=asked)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert "process_cpu_seconds" in answer.text and "exporter_build_info{" in answer.text


def own(context: Context) -> dict[str, float]:
    return {r.metric.name: r.value for r in everything(context, ())}


def test_what_the_exporter_says_of_itself_is_there_whatever_else_is() -> None:
    said = own(World().context)
    assert said == {"exporter_build_info": 1, "exporter_gpu_count": 0, "energy_pue_ratio": 1}


def test_the_build_names_the_way_that_cards_are_read() -> None:
    (labels,) = [r.labels for r in everything(World().context, ()) if r.metric is m.BUILD_INFO]
    assert labels[2] == "nvml"


@dataclass
class WithCode(ScriptedBackend):
    """A backend that says what NVML answered."""

    return_code: int = 12


def test_what_nvml_answered_is_told_where_it_is_used() -> None:
    context = context_of(WithCode("nvml"))
    assert own(context)[m.NVML_RETURN_CODE.name] == 12


def test_cards_that_were_read_too_long_ago_do_not_count() -> None:
    world = World()
    gpus: tuple[Gpu, ...] = (a_gpu("0", "a"), a_gpu("1", "b"))
    world.context.board.gpus = Fact.regular(world.clock.now, gpus, 1.0)
    assert own(world.context)["exporter_gpu_count"] == 2
    assert latest_gpus(world.context) == gpus
    world.clock.now += 11
    assert own(world.context)["exporter_gpu_count"] == 0
    assert latest_gpus(world.context) == ()


def test_dcgm_names_are_served_only_where_that_is_asked_for() -> None:
    assert World().client.get("/dcgm/metrics").status_code == 404
    world = World(dcgm=True)
    gpu = replace(a_gpu(), utilization_ratio=0.5)
    world.context.board.gpus = Fact.regular(world.clock.now, (gpu,), 1.0)
    answer = world.client.get("/dcgm/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'modelName="Card GPU-a",DCGM_FI_DRIVER_VERSION=""} 50.0\n' in answer.text
    world.clock.now += 11
    assert world.client.get("/dcgm/metrics").text == ""


def test_all_collectors_are_there_unless_they_are_left_out() -> None:
    settings = GpuExporterSettings(backend="none", without="host_cpu")
    exporter = create_exporter(settings, lambda: None)
    watched = [watch.name for lane in exporter.lanes for watch in lane.watches]
    assert sorted(watched) == sorted(set(NAMES) - {"host_cpu"})


def test_a_capture_that_is_not_there_keeps_it_from_being_made() -> None:
    settings = GpuExporterSettings.model_validate({"backend": "replay", "capture": "/nowhere"})
    with pytest.raises(OSError, match="/nowhere"):
        create_exporter(settings, lambda: None)


def test_what_is_set_and_in_force_is_told_as_json() -> None:
    world = World()
    told = world.client.get("/api/configuration").json()
    assert (told["models"], told["settings"]) == ([], None)
    found = Configuration(settings={}, notes=("A sentence.",))
    world.context.board.configuration = Fact.regular(world.clock(), found, 5.0)
    told = world.client.get("/api/configuration").json()
    assert told == {"models": [], "settings": {}, "notes": ["A sentence."]}
