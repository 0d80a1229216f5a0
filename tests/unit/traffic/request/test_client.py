"""The client on an event loop: its instants, its stop, and what it keeps between requests.

What it sends and what it sees of an answer is tested with sending.
"""

import asyncio
import json
from itertools import count

import pytest

from tests.fakes.server import Call, ScriptedServer
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.request.test_sending import FIRST, LAST, NDJSON, begun
from tests.unit.traffic.test_settings import settings
from traffic.request.client import Client, open_http
from traffic.request.sending import attempt_for


async def test_the_first_token_is_seen_before_the_second_chunk_is_sent() -> None:
    ticks, first_was_seen = count(), asyncio.Event()

    def clock() -> float:
        now = next(ticks)
        if now == 2:  # after sent and headers: the first chunk
            first_was_seen.set()
        return float(now)

    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await first_was_seen.wait()
        await call.chunk(LAST)
        await call.last_chunk()

    attempt = attempt_for(question(), 0, -1.0)
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            await Client(http, told, clock).ask(attempt, question(), [])
    assert (attempt.scheduled, attempt.sent, attempt.headers) == (-1.0, 0.0, 1.0)
    assert attempt.first_byte == attempt.first_content == attempt.first_output == 2.0
    assert attempt.last_content == 3.0
    assert attempt.end is not None
    assert attempt.end > 3.0


async def test_no_cookie_of_an_answer_comes_back_in_a_request() -> None:
    seen: list[str | None] = []

    async def script(call: Call) -> None:
        seen.append(call.header("cookie"))
        await call.answer("200 OK", [*NDJSON[:1], (b"Set-Cookie", b"a=b; Path=/")], LAST)

    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url.replace("127.0.0.1", "localhost"))
        async with open_http(told) as http:
            for _ in range(2):
                await Client(http, told).ask(begun(), question(), [])
    assert seen == [None, None]


async def test_each_piece_has_its_gap_and_pieces_that_come_at_once_have_none_between() -> None:
    instants = iter((0.0, 1.0, 2.0, 2.5, 4.0, 9.0))
    steps = [asyncio.Event() for _ in range(4)]

    def clock() -> float:
        now = next(instants, 10.0)
        for step, at in zip(steps, (2.0, 2.5, 4.0, 9.0), strict=True):
            if now >= at:
                step.set()
        return now

    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await steps[0].wait()
        await call.chunk(FIRST + FIRST)
        await steps[1].wait()
        await call.chunk(b'{"model":"m","message":{"content":""},"done":false}\n')
        await steps[2].wait()
        await call.chunk(LAST)
        await steps[3].wait()
        await call.last_chunk()

    attempt = begun()
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            await Client(http, told, clock).ask(attempt, question(), [])
    assert list(attempt.gaps_seconds) == [0.5, 0.0, 6.5]
    assert attempt.chunks == 4
    assert (attempt.first_content, attempt.last_content) == (2.0, 9.0)


async def test_the_connection_of_a_cancelled_answer_is_closed_while_others_go_on() -> None:
    gone = asyncio.Event()

    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        while not call.peer_gone.is_set():
            await call.chunk(FIRST)
        gone.set()

    planned = question(cancel_after_chunks=3)
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            await Client(http, told).ask(begun(planned), planned, [])
            await gone.wait()


async def test_a_run_that_is_stopped_leaves_what_was_seen_of_the_request_in_flight() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    attempt, seen = begun(), asyncio.Event()
    instants = count()

    def clock() -> float:
        now = next(instants)
        if now == 2:
            seen.set()
        return float(now)

    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            asking = asyncio.ensure_future(Client(http, told, clock).ask(attempt, question(), []))
            await seen.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await (await server.nth_call()).peer_gone.wait()
    assert attempt.is_cancelled
    assert attempt.detail == "the run was stopped"
    assert (attempt.status, attempt.first_content, attempt.end) == (200, 2.0, 3.0)


async def test_the_model_is_unloaded_by_the_native_api() -> None:
    bodies: list[tuple[str, bytes]] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        bodies.append((call.target, call.body))
        body = b'{"models":[]}' if call.target == "/api/ps" else b"{}"
        await call.answer("200 OK", [], body)

    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url, api="openai")
        async with open_http(told) as http:
            assert await Client(http, told).unload(question(model="b:1b"))
    assert [target for target, _ in bodies] == ["/api/generate", "/api/ps"]
    assert json.loads(bodies[0][1]) == {"model": "b:1b", "keep_alive": 0}
