"""What models run with is asked for, told when it changes, and kept when it is lost."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from dashboard.exporter import PATH, ConfigurationFeed
from dashboard.messages import Configuration
from ollama_observe.service.tasks import spawn
from tests.clock import Clock
from tests.fakes.server import Call, ScriptedServer
from tests.loopback import http_client

CEILING_SECONDS = 10.0
STILL = 5
"""Questions after which nothing new would have been told, if it were going to be."""


def document(slots: int = 1) -> dict[str, Any]:
    in_force = {"parallel_slots": {"value": slots, "from": "command line"}}
    one = {"model": "m:1b", "runner": "llama-server", "in_force": in_force}
    return {"models": [one], "settings": {"OLLAMA_NUM_PARALLEL": "4"}, "notes": []}


@dataclass
class Exporter:
    """An exporter that says what a test says."""

    status: str = "200 OK"
    body: bytes = field(default_factory=lambda: json.dumps(document()).encode())
    hangs: bool = False
    asked: int = 0
    targets: set[str] = field(default_factory=set)

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        self.targets.add(call.target)
        self.asked += 1
        if self.hangs:
            await call.peer_gone.wait()
        else:
            await call.answer(self.status, [], self.body)

    async def until_asked(self, more: int) -> None:
        wanted = self.asked + more
        async with asyncio.timeout(CEILING_SECONDS):
            while self.asked < wanted:
                await asyncio.sleep(0.005)


@dataclass
class Told:
    """What a feed told, and who is asked."""

    exporter: Exporter
    clock: Clock
    feed: ConfigurationFeed
    said: asyncio.Queue[Configuration]

    async def next(self) -> Configuration:
        return await asyncio.wait_for(self.said.get(), CEILING_SECONDS)


@contextlib.asynccontextmanager
async def following(exporter: Exporter, within_seconds: float = 3.0) -> AsyncIterator[Told]:
    clock, said = Clock(1000.0), asyncio.Queue[Configuration]()
    async with ScriptedServer(exporter) as server, http_client() as http:
        feed = ConfigurationFeed(http, server.url, said.put_nowait, clock, 0.01, within_seconds)
        task = spawn(feed.follow(), name="follow")
        try:
            yield Told(exporter, clock, feed, said)
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_what_it_says_is_told_once_and_again_when_it_changes() -> None:
    async with following(Exporter()) as told:
        first = await told.next()
        assert first.runners[0].settings[0].in_force == "1"
        await told.exporter.until_asked(STILL)
        assert told.said.empty()
        told.exporter.body = json.dumps(document(slots=4)).encode()
        assert (await told.next()).runners[0].settings[0].in_force == "4"
        assert told.exporter.targets == {PATH}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        ("404 Not Found", b"", "answered 404, expected 200"),
        ("200 OK", b"<html>", "expected what models run with at http://127.0.0.1:"),
        ("200 OK", b'{"models": 1}', "expected what models run with at http://127.0.0.1:"),
        ("200 OK", b"\xff", "expected what models run with at http://127.0.0.1:"),
    ],
)
async def test_what_was_known_stays_with_the_reason_and_the_time(
    status: str, body: bytes, reason: str
) -> None:
    async with following(Exporter()) as told:
        first = await told.next()
        told.exporter.status, told.exporter.body = status, body
        lost = await told.next()
        assert (lost.runners, lost.at) == (first.runners, 1000.0)
        assert reason in lost.error
        await told.exporter.until_asked(STILL)
        assert told.said.empty()
        told.clock.now += 5
        told.exporter.status, told.exporter.body = "200 OK", json.dumps(document()).encode()
        found = await told.next()
        assert (found.error, found.at) == ("", 1005.0)


async def test_where_nothing_was_known_there_is_nothing_to_tell() -> None:
    async with following(Exporter("404 Not Found", b"")) as told:
        await told.exporter.until_asked(STILL)
        assert told.said.empty()


async def test_an_exporter_that_hangs_is_not_waited_for() -> None:
    async with following(Exporter(), within_seconds=0.5) as told:
        await told.next()
        told.exporter.hangs = True
        assert "within 0.5 s" in (await told.next()).error


async def test_nobody_there_is_a_sentence_without_a_password() -> None:
    said: list[Configuration] = []
    async with http_client() as http:
        exporter = Exporter()
        async with ScriptedServer(exporter) as server:
            url = server.url.replace("http://", "http://me:hunter2@")
            feed = ConfigurationFeed(http, url, said.append, Clock(1000.0), 0.01)
            task = spawn(feed.follow(), name="follow")
            await exporter.until_asked(2)
        async with asyncio.timeout(CEILING_SECONDS):
            while len(said) < 2:
                await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.wait([task])
    assert said[1].error.startswith("no answer at http://127.0.0.1:")
    assert "hunter2" not in said[1].error


async def test_where_there_is_no_exporter_nobody_is_asked() -> None:
    async with http_client() as http:
        feed = ConfigurationFeed(http, "", lambda _: None, Clock(), 0.01)
        await asyncio.wait_for(feed.follow(), CEILING_SECONDS)


async def test_a_defect_leaves_what_was_known_with_its_sentence() -> None:
    async with following(Exporter()) as told:
        first = await told.next()
        told.feed.failed("the dashboard failed at this")
        lost = await told.next()
    assert (lost.runners, lost.error) == (first.runners, "the dashboard failed at this")
