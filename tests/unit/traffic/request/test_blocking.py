"""The client of calls that wait: its conversation, its one connection, and its time.

What it sends and what it sees of an answer is tested with sending.
"""

import asyncio
import json
import time

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.request.test_sending import (
    FIRST,
    LAST,
    NDJSON,
    answering,
    begun,
    without_tls,
)
from tests.unit.traffic.test_settings import settings
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.blocking import BlockingClient

WHOLE = answering(FIRST, LAST)


async def ask(client: BlockingClient, planned: PlannedQuestion) -> Attempt:
    attempt = begun(planned)
    async with asyncio.timeout(20):
        await asyncio.to_thread(client.ask, attempt, planned, [])
    return attempt


async def converse(script: Script, planned: PlannedQuestion) -> list[Attempt]:
    seen: list[Attempt] = []
    async with ScriptedServer(script) as server, asyncio.timeout(20):
        client = BlockingClient(settings(base_url=server.url))
        await asyncio.to_thread(client.converse, planned, time.perf_counter(), seen.append)
        client.close()
    return seen


async def test_a_conversation_repeats_the_replies() -> None:
    calls: list[Call] = []

    async def script(call: Call) -> None:
        calls.append(call)
        await WHOLE(call)

    talk = question(turns=("One?", "Two?"), system="Be brief.", check=None)
    first, second = await converse(script, talk)
    assert (first.turn, second.turn, first.is_ok, second.is_ok) == (0, 1, True, True)
    assert second.scheduled >= (first.end or 0)
    said = [one["content"] for one in json.loads(calls[1].body)["messages"]]
    assert said == ["Be brief.", "One?", "Sky blue", "Two?"]


async def test_after_a_turn_without_a_whole_answer_the_rest_is_not_asked() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("500 Oh", [], b'{"error":"no"}')

    (attempt,) = await converse(script, question(turns=("One?", "Two?")))
    assert (attempt.failure, attempt.detail) == (Failure.HTTP_STATUS, "no")


@pytest.mark.parametrize("status", ["200 OK", "500 Oh"])
async def test_a_connection_serves_one_question_after_the_other(status: str) -> None:
    used: list[asyncio.Transport] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        used.extend(server.transports)
        await call.answer(status, NDJSON[:1], FIRST + LAST)

    async with ScriptedServer(script) as server:
        client = BlockingClient(settings(base_url=server.url))
        statuses = [(await ask(client, question())).status for _ in range(2)]
        client.close()
    assert statuses == [int(status[:3])] * 2
    assert len(used) == 2
    assert used[0] is used[1]


async def test_a_connection_that_the_server_closed_is_made_again() -> None:
    is_closed = asyncio.Event()

    async def script(call: Call) -> None:
        await WHOLE(call)
        call.close()
        await call.peer_gone.wait()  # the connection is lost here, too
        is_closed.set()

    async with ScriptedServer(script) as server:
        client = BlockingClient(settings(base_url=server.url))
        for _ in range(2):
            assert (await ask(client, question())).is_ok
            await asyncio.wait_for(is_closed.wait(), 20)
            is_closed.clear()
        client.close()


async def test_an_answer_that_is_left_takes_its_connection_along() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server:
        client = BlockingClient(settings(base_url=server.url))
        assert (await ask(client, question(cancel_after_chunks=1))).is_cancelled
        gone = (await server.nth_call()).peer_gone
        await asyncio.wait_for(gone.wait(), 20)  # though nobody has closed the client
        client.close()


@pytest.mark.parametrize("status", ["200 OK", "500 Oh"])
async def test_a_drip_of_bytes_does_not_make_the_time_longer(status: str) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head(status, NDJSON)
        while not call.peer_gone.is_set():
            await call.chunk(FIRST)
            await asyncio.sleep(0.01)

    async with ScriptedServer(script) as server:
        client = BlockingClient(settings(base_url=server.url, request_timeout_seconds=0.2))
        assert (await ask(client, question())).failure is Failure.TIMEOUT


async def test_after_a_tls_handshake_that_failed_the_next_question_is_asked_anew() -> None:
    async with without_tls() as url:
        client = BlockingClient(settings(base_url=url))
        failures = [(await ask(client, question())).failure for _ in range(2)]
        client.close()
    assert failures == [Failure.UNREACHABLE] * 2
