"""One strip of what all parts say, at one instant, also where some say nothing."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.alerts import Firing
from dashboard.facts import EXPRESSION
from dashboard.messages import State, Strip
from dashboard.replicas import Replicas
from dashboard.settings import DashboardSettings
from dashboard.strip import Strips
from ollama_observe.service.tasks import spawn
from tests.clock import Clock
from tests.dashboards import FakePrometheus
from tests.fakes.server import Call, ScriptedServer
from tests.loopback import http_client

CEILING_SECONDS = 10.0
FIRING = Firing({"alertname": "X"}, {}, "firing", datetime(2026, 11, 28, tzinfo=UTC))
HEALTH: dict[str, Any] = {
    "ready": True,
    "uptime_seconds": 10.0,
    "checks": {"ollama": {"ok": True, "detail": "Ollama 0.13.0"}},
}


async def parts(call: Call) -> None:
    """All parts in one: each has its own paths."""
    await call.is_read.wait()
    if call.target == "/health":
        await call.answer("200 OK", [], json.dumps(HEALTH).encode())
    else:
        await call.answer("200 OK", [], b"")


def settings(url: str, **more: Any) -> DashboardSettings:
    urls = dict.fromkeys(("proxy_url", "gpu_exporter_url", "traffic_url", "prometheus_url"), url)
    return DashboardSettings(**(urls | more))


async def made(asked: FakePrometheus, clock: Clock, **more: Any) -> Strip:
    async with ScriptedServer(parts) as server, http_client() as http:
        told = settings(server.url, **more)
        return await Strips(told, http, asked, lambda _: None, clock).make()


def states(strip: Strip) -> dict[str, State]:
    return {part.name: part.state for part in strip.parts}


async def test_all_that_is_said_is_in_it() -> None:
    facts = {"success": 0.001, "demo": 1.0, "newest": 999.0}
    asked = FakePrometheus(facts, [FIRING], models=["m:1b"])
    strip = await made(asked, Clock(1000.0), runbook_url="https://wiki/r")
    assert asked.exprs == [EXPRESSION]
    assert set(states(strip).values()) == {State.OK, State.OFF}
    assert (strip.at, strip.newest, strip.is_demo) == (1000.0, 999.0, True)
    assert strip.models == ["m:1b"]
    assert strip.objectives[0].value == 0.999
    assert strip.alerts is not None
    assert strip.alerts[0].runbook_url == "https://wiki/r#x"


async def test_all_proxies_that_answer_to_the_name_are_asked() -> None:
    async with (
        ScriptedServer(parts) as first,
        ScriptedServer(parts) as second,
        http_client() as http,
    ):
        replicas = Replicas(first.url, lambda _: [first.url, second.url, "http://127.0.0.1:1"])
        asked = FakePrometheus({}, [])
        strips = Strips(settings(first.url), http, asked, lambda _: None, Clock(), replicas)
        (proxy,) = (part for part in (await strips.make()).parts if part.name == "proxy")
    assert proxy.state is State.DEGRADED
    assert "2 of 3 take requests: no answer at http://127.0.0.1:1" in proxy.reason


async def test_a_runbook_that_comes_with_the_stack_is_read_here(tmp_path: Path) -> None:
    strip = await made(FakePrometheus({}, [FIRING]), Clock(), runbook_file=tmp_path / "R.md")
    assert strip.alerts is not None
    assert strip.alerts[0].runbook_url == "/runbook/x"


async def test_without_an_answer_of_prometheus_nobody_knows_of_alerts_or_objectives() -> None:
    strip = await made(FakePrometheus(None, None), Clock())
    assert strip.alerts is None
    assert [one.value for one in strip.objectives] == [None, None]
    assert strip.newest is None
    assert not strip.is_demo


async def test_what_is_not_part_of_the_stack_is_not_asked() -> None:
    none = {"gpu_exporter_url": "", "traffic_url": "", "prometheus_url": ""}
    asked = FakePrometheus()
    strip = await made(asked, Clock(), **none)
    assert asked.exprs == []
    off = {name for name, state in states(strip).items() if state is State.OFF}
    assert off == {"gpu-exporter", "traffic", "prometheus", "portkey"}
    assert strip.alerts is None


async def test_what_was_known_of_samples_and_demo_is_known_while_prometheus_is_away() -> None:
    asked = FakePrometheus({"demo": 1.0, "newest": 990.0})
    async with ScriptedServer(parts) as server, http_client() as http:
        strips = Strips(settings(server.url), http, asked, lambda _: None, Clock(1000.0))
        await strips.make()
        asked.facts = None
        strip = await strips.make()
    assert (strip.is_demo, strip.newest) == (True, 990.0)


async def test_nobody_there_is_a_strip_too() -> None:
    async with http_client() as http:
        told = settings("http://127.0.0.1:1")
        strip = await Strips(told, http, FakePrometheus(None, None), lambda _: None, Clock()).make()
    found = states(strip)
    assert found["ollama"] is found["portkey"] is State.UNKNOWN
    assert found["proxy"] is found["prometheus"] is State.DOWN


async def test_one_follows_the_other() -> None:
    shown: asyncio.Queue[Strip] = asyncio.Queue()
    async with ScriptedServer(parts) as server, http_client() as http:
        told = settings(server.url, strip_interval_seconds=0.01)
        task = spawn(
            Strips(told, http, FakePrometheus(), shown.put_nowait, Clock()).follow(), name="strips"
        )
        for _ in range(3):
            await asyncio.wait_for(shown.get(), CEILING_SECONDS)
        task.cancel()
        await asyncio.wait([task])


async def test_a_worker_whose_name_nobody_has_is_no_part_of_the_stack() -> None:
    async with http_client() as http:
        told = settings("http://127.0.0.1:1")
        workers = Replicas(told.traffic_url, lambda _: ())
        asked = FakePrometheus(None, None)
        strips = Strips(told, http, asked, lambda _: None, Clock(), workers=workers)
        assert states(await strips.make())["traffic"] is State.OFF
