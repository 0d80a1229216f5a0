"""The table of the proxy is followed; where it is lost that is said, and it is found again."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from dashboard.live import EVENT_LIMIT_BYTES, MOST_ROWS, SILENCE_SECONDS, LiveFeed
from dashboard.messages import Live
from ollama_observe.service.tasks import spawn
from tests.clock import Clock
from tests.fakes.server import Call, ScriptedServer
from tests.loopback import http_client

CEILING_SECONDS = 10.0
EVENTS = [(b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked")]
ROW = {
    "request_id": "r1",
    "endpoint": "/api/chat",
    "model": "m:1b",
    "routing": "direct",
    "phase": "answering",
    "age_seconds": 1.5,
    "sent_seconds": 1.4,
    "tokens": 7,
    "tokens_per_second": 5.0,
}
ENDED = {
    **{name: ROW[name] for name in ("request_id", "endpoint", "model", "routing", "tokens")},
    "outcome": "ok",
    "status": 200,
    "duration_seconds": 2.0,
    "ago_seconds": 0.5,
}


def event(*rows: dict[str, Any], **more: Any) -> bytes:
    table = {"count": len(rows), "requests": rows, **more}
    return b"data: " + json.dumps(table).encode() + b"\n\n"


@dataclass
class Shown:
    """What was shown, for who waits for it."""

    all: list[Live] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def show(self, live: Live) -> None:
        self.all.append(live)
        spawn(self._say(), name="say")

    async def _say(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, is_it: Callable[[Live], bool]) -> Live:
        async with asyncio.timeout(CEILING_SECONDS), self.changed:
            await self.changed.wait_for(lambda: any(map(is_it, self.all)))
        return next(filter(is_it, self.all))


@contextlib.asynccontextmanager
async def following(
    url: str, clock: Clock, silence_seconds: float = SILENCE_SECONDS
) -> AsyncIterator[Shown]:
    shown = Shown()
    async with http_client() as http:
        feed = LiveFeed(http, url, shown.show, clock, 0.01, silence_seconds)
        task = spawn(feed.follow(), name="follow")
        try:
            yield shown
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_what_is_in_flight_and_what_ended_is_shown_as_it_comes() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        data = event(ROW, finished=[ENDED])
        await call.chunk(data[:20])  # where it is cut means nothing
        await call.chunk(data[20:])
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server, following(server.url, Clock(50.0)) as shown:
        live = await shown.until(lambda live: bool(live.requests))
    assert (live.at, live.error, live.left_out) == (50.0, "", 0)
    assert (live.requests[0].model, live.requests[0].tokens) == ("m:1b", 7)
    assert live.finished[0].outcome == "ok"


async def test_a_proxy_that_does_not_tell_what_ended_is_understood() -> None:
    async def script(call: Call) -> None:
        assert call.target == "/api/inflight/stream"
        await call.head("200 OK", EVENTS)
        await call.chunk(event())
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server, following(server.url, Clock()) as shown:
        live = await shown.until(lambda live: live.at is not None)
    assert (live.requests, live.finished, live.error) == ([], [], "")


async def test_a_lost_stream_is_said_with_the_last_table_and_its_time_then_found_again() -> None:
    clock, may_end, calls = Clock(50.0), asyncio.Event(), []

    async def script(call: Call) -> None:
        calls.append(call)
        await call.head("200 OK", EVENTS)
        await call.chunk(event(ROW))
        if len(calls) == 1:
            await may_end.wait()
            call.reset()
            return
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server, following(server.url, clock) as shown:
        await shown.until(lambda live: live.at == 50.0)
        clock.now = 60.0
        may_end.set()
        lost = await shown.until(lambda live: bool(live.error))
        assert (lost.at, lost.requests[0].request_id, lost.finished) == (50.0, "r1", [])
        assert "no proxy answers at http://127.0.0.1:" in lost.error
        assert "make status" in lost.error
        await shown.until(lambda live: live.at == 60.0 and not live.error)


async def test_a_stream_without_a_table_is_lost_whatever_else_comes() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        while not call.peer_gone.is_set():
            await call.chunk(b": nothing new\n\n")
            await asyncio.sleep(0.01)

    async with ScriptedServer(script) as server, following(server.url, Clock(), 0.2) as shown:
        lost = await shown.until(lambda live: "says nothing" in live.error)
    assert lost.at is None


async def test_a_table_that_is_too_long_is_said_to_be() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        for _ in range(EVENT_LIMIT_BYTES // 2**20 + 1):
            await call.chunk(b"x" * 2**20)
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server, following(server.url, Clock()) as shown:
        await shown.until(lambda live: "expected a table of at most 8 MiB" in live.error)


async def test_a_stream_that_ends_is_a_proxy_that_stops() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        await call.chunk(event(ROW))
        await call.last_chunk()

    async with ScriptedServer(script) as server, following(server.url, Clock()) as shown:
        lost = await shown.until(lambda live: bool(live.error))
    assert "ended its stream" in lost.error


async def test_nobody_there_is_a_sentence_without_a_password() -> None:
    async with following("http://me:hunter2@127.0.0.1:1", Clock()) as shown:
        lost = await shown.until(lambda live: bool(live.error))
    assert (lost.at, lost.requests) == (None, [])
    assert "no proxy answers at http://127.0.0.1:1/" in lost.error
    assert "hunter2" not in lost.error


async def test_something_else_in_its_place_is_said_to_be_that_once() -> None:
    calls, is_asked_again = [], asyncio.Event()

    async def other(call: Call) -> None:
        calls.append(call)
        if len(calls) > 3:
            is_asked_again.set()
        await call.answer("404 Not Found", [], b"")

    async with ScriptedServer(other) as server, following(server.url, Clock()) as shown:
        assert "answered 404, expected 200" in (await shown.until(lambda _: True)).error
        await asyncio.wait_for(is_asked_again.wait(), CEILING_SECONDS)
        assert len(shown.all) == 1

    async def html(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        await call.chunk(b"data: <html>\n\n")

    async with ScriptedServer(html) as server, following(server.url, Clock()) as shown:
        assert "expected a table of requests" in (await shown.until(lambda _: True)).error


async def test_a_crowd_is_cut_and_counted() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", EVENTS)
        await call.chunk(event(*[ROW] * (MOST_ROWS + 3)))
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server, following(server.url, Clock()) as shown:
        live = await shown.until(lambda live: bool(live.requests))
    assert (len(live.requests), live.left_out) == (MOST_ROWS, 3)


async def test_where_it_failed_it_says_so_and_shows_no_table_that_may_have_been_the_reason() -> (
    None
):
    shown: list[Live] = []
    async with http_client() as http:
        feed = LiveFeed(http, "http://127.0.0.1:1", shown.append, Clock())
        feed.failed("the dashboard failed at this: its log says how")
    assert (shown[-1].requests, shown[-1].finished) == ([], [])
    assert "failed at this" in shown[-1].error
