"""One run at a time: it begins when the server can be asked, and ends as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tests.fakes.server import Call, ScriptedServer
from tests.unit.traffic.bank.test_loading import write_bank
from tests.unit.traffic.plan.test_trace import write
from tests.unit.traffic.request.test_sending import FIRST, LAST, NDJSON
from tests.waiting import until
from traffic.bank.loading import Bank, load_bank
from traffic.plan.planned import PlanError
from traffic.settings import TrafficSettings
from traffic.target.check import TargetError
from traffic.worker.booking import Books
from traffic.worker.session import ConflictError, Session


@dataclass
class Ollama:
    """Answers at once, unless `gate` is closed, and has no list of models while it is `away`."""

    chats: int = 0
    away: bool = False
    has_model: bool = True
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    is_listed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_listed.set()

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        if call.target != "/api/chat":
            self.looked.set()
            await self.is_listed.wait()
            body = b'{"models":[{"name":"m:1b"}]}' if self.has_model else b'{"models":[]}'
            await call.answer("503 Away" if self.away else "200 OK", [], body)
            return
        self.chats += 1
        self.asked.set()
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await self.gate.wait()
        await call.chunk(LAST)
        await call.last_chunk()


@dataclass
class World:
    ollama: Ollama
    session: Session
    url: str

    def settings(self, **told: Any) -> TrafficSettings:
        given = {"base_url": self.url, "model": "m:1b", "preset": "quick", **told}
        return TrafficSettings(**given)

    async def until(self, state: str) -> None:
        await until(lambda: self.session.state == state)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path))


@contextlib.asynccontextmanager
async def world(bank: Bank, is_open: bool = True, away: bool = False) -> AsyncIterator[World]:
    ollama = Ollama(away=away)
    if is_open:
        ollama.gate.set()
    books = Books(CollectorRegistry())
    async with ScriptedServer(ollama) as server, asyncio.timeout(20):
        session = Session(bank, books, drain_seconds=5.0, try_again_seconds=0.01)
        async with session.serving(None):
            yield World(ollama, session, server.url)


async def test_a_run_asks_its_plan_and_is_over(bank: Bank) -> None:
    async with world(bank) as it:
        await it.session.start(it.settings())
        await it.until("idle")
        assert it.session.run is not None
        assert (it.session.run.how, it.session.run.running.ok) == ("done", 10)
        assert it.session.run.ended is not None
        assert it.ollama.chats == 10


async def test_a_second_run_waits_for_the_end_of_the_first(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        await it.session.start(it.settings())
        with pytest.raises(ConflictError, match="it is running: POST /stop first"):
            await it.session.start(it.settings())
        it.ollama.gate.set()
        await it.until("idle")
        await it.session.start(it.settings())


async def test_a_stop_waits_for_what_is_in_flight(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        await it.session.start(it.settings(concurrency=2))
        await it.ollama.asked.wait()
        stopping = asyncio.ensure_future(it.session.stop())
        await it.until("stopping")
        with pytest.raises(ConflictError, match="it is stopping: there is nothing to stop"):
            await it.session.stop()
        it.ollama.gate.set()
        await stopping
        assert it.session.run is not None
        assert (it.session.run.how, it.session.run.running.failed) == ("stopped", 0)
        assert it.session.run.running.ok == it.ollama.chats <= 2


async def test_a_stop_can_leave_what_is_in_flight(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        await it.session.start(it.settings())
        await it.ollama.asked.wait()
        await it.session.stop(leaving=True)
        assert it.session.run is not None
        assert (it.session.run.running.ok, it.session.run.running.cancelled) == (0, 1)
        assert it.session.state == "idle"


async def test_what_cannot_be_asked_is_told_and_nothing_runs(bank: Bank) -> None:
    async with world(bank) as it:
        with pytest.raises(TargetError, match="has no model other:7b"):
            await it.session.start(it.settings(model="other:7b"))
        with pytest.raises(PlanError, match="no question is due"):
            await it.session.start(
                it.settings(arrival="poisson", rate_per_second=0.001, duration_seconds=0.01)
            )
        assert it.session.state == "idle"
        assert it.session.run is None


async def test_the_models_of_a_trace_are_those_that_must_be_there(
    bank: Bank, tmp_path: Path
) -> None:
    async with world(bank) as it:
        for model, is_there in (("m:1b", True), ("gone:1b", False)):
            trace = write(tmp_path, {"at_seconds": 0, "prompt_tokens": 9, "model": model})
            told = TrafficSettings(base_url=it.url, preset="replay", trace=trace, warm_up=0)
            if is_there:
                await it.session.start(told)
                await it.until("idle")
            else:
                with pytest.raises(TargetError, match="has no model gone:1b"):
                    await it.session.start(told)
        assert it.ollama.chats == 1


async def test_whoever_starts_hears_of_a_stop_that_came_first(bank: Bank) -> None:
    async with world(bank) as it:
        it.ollama.is_listed.clear()
        starting = asyncio.ensure_future(it.session.start(it.settings()))
        await it.ollama.looked.wait()
        await it.session.stop()
        with pytest.raises(ConflictError, match="it was stopped before it had begun"):
            await starting
        assert it.session.state == "idle"


async def test_a_stop_in_the_moment_of_a_start_ends_both(bank: Bank) -> None:
    async with world(bank) as it:
        starting = asyncio.ensure_future(it.session.start(it.settings()))
        await asyncio.gather(it.session.stop(), asyncio.sleep(0))
        with pytest.raises(ConflictError, match="it was stopped before it had begun"):
            await starting
        assert it.session.state == "idle"
        await it.session.start(it.settings())


async def test_a_worker_waits_for_its_server_and_then_begins(bank: Bank) -> None:
    async with world(bank, away=True) as it:
        async with it.session.serving(it.settings()):
            await it.until("waiting")
            assert "answers with HTTP 503" in it.session.detail
            with pytest.raises(ConflictError, match="it is waiting: there is no rate"):
                it.session.change_rate(1.0)
            it.ollama.away = False
            await it.ollama.asked.wait()
            assert it.session.detail == ""


async def test_a_worker_that_is_told_no_model_waits_for_one(bank: Bank) -> None:
    async with world(bank) as it:
        it.ollama.has_model = False
        async with it.session.serving(it.settings(model="auto")):
            await it.until("waiting")
            assert "found no model at all" in it.session.detail
            it.ollama.has_model = True
            await it.ollama.asked.wait()
            assert it.session.run is not None
            assert it.session.run.plan.models == ("m:1b",)
            assert it.session.run.playing.settings.model == "m:1b"


async def test_what_waits_can_be_stopped_and_started_otherwise(bank: Bank) -> None:
    async with world(bank, away=True) as it:
        async with it.session.serving(it.settings(preset="continuous")):
            await it.until("waiting")
            it.ollama.away = False
            await it.session.start(it.settings(preset="quick"))
            await it.until("idle")
            assert it.ollama.chats == 10


async def test_the_end_of_serving_stops_the_run(bank: Bank) -> None:
    async with world(bank) as it:
        async with it.session.serving(it.settings(preset="continuous")):
            await it.ollama.asked.wait()
        assert it.session.state == "idle"
        assert it.session.run is not None
        assert it.session.run.how == "stopped"


async def test_a_rate_can_be_changed_where_there_is_one(bank: Bank) -> None:
    async with world(bank) as it:
        slow = it.settings(preset="continuous", arrival="constant", rate_per_second=0.001)
        await it.session.start(slow)
        await it.ollama.asked.wait()  # the first is due at once, the next in a quarter of an hour
        it.session.change_rate(200.0)
        await until(lambda: it.ollama.chats >= 5)
        assert it.session.run is not None
        assert it.session.run.playing.settings.rate_per_second == 200.0


async def test_a_closed_loop_has_no_rate(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        with pytest.raises(ConflictError, match="it is idle: there is no rate to change"):
            it.session.change_rate(1.0)
        await it.session.start(it.settings())
        with pytest.raises(ConflictError, match="a closed loop has no rate"):
            it.session.change_rate(1.0)
