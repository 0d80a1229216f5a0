"""Calls that wait see the same facts as the client on an event loop."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.fakes import captures
from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.request.test_client import FIRST, LAST, NDJSON, begun
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.test_settings import settings
from traffic.bank.checks import ContainsAny
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.blocking import BlockingClient
from traffic.request.client import Client, open_http
from traffic.settings import Api


async def converse(
    script: Script, *questions: PlannedQuestion, seconds: float = 30.0, **told: Any
) -> list[Attempt]:
    """Ask questions over one connection, in a thread."""
    seen: list[Attempt] = []
    async with ScriptedServer(script) as server:
        chosen = settings(base_url=server.url, request_timeout_seconds=seconds, **told)

        def work() -> None:
            client = BlockingClient(chosen)
            for one in questions or (question(),):
                client.converse(one, time.perf_counter(), seen.append)
            client.close()

        async with asyncio.timeout(20):
            await asyncio.to_thread(work)
    return seen


async def whole(call: Call) -> None:
    await call.is_read.wait()
    await call.head("200 OK", NDJSON)
    await call.chunk(FIRST)
    await call.chunk(LAST)
    await call.last_chunk()


async def test_a_conversation_repeats_the_replies() -> None:
    calls: list[Call] = []

    async def script(call: Call) -> None:
        calls.append(call)
        await whole(call)

    talk = question(turns=("One?", "Two?"), system="Be brief.", check=None)
    first, second = await converse(script, talk)
    assert (first.turn, second.turn, first.is_ok, second.is_ok) == (0, 1, True, True)
    assert second.scheduled >= (first.end or 0)
    said = [one["content"] for one in json.loads(calls[1].body)["messages"]]
    assert said == ["Be brief.", "One?", "Sky blue", "Two?"]


async def test_a_connection_that_the_server_closed_is_made_again() -> None:
    async def script(call: Call) -> None:
        await whole(call)
        call.close()

    attempts = await converse(script, question(), question())
    assert [one.is_ok for one in attempts] == [True, True]


@pytest.mark.parametrize(
    ("name", "api"),
    [
        ("chat-stream", "native"),
        ("chat-think-stream", "native"),
        ("v1-chat-stream-usage", "openai"),
        ("v1-messages-stream", "anthropic"),
        ("error-busy-chat", "native"),
        ("broken-chat-stream", "native"),
    ],
)
async def test_both_clients_see_the_same_of_a_recorded_answer(name: str, api: Api) -> None:
    async with ScriptedServer(captures.replay(captures.load(name), speed=0)) as server:
        told = settings(base_url=server.url, api=api)
        waiting, looping = begun(question()), begun(question())
        text = await asyncio.to_thread(BlockingClient(told).ask, waiting, question(), [])
        async with open_http(told) as http:
            assert await Client(http, told).ask(looping, question(), []) == text
    for fact in (
        *("status", "usage", "done_reason", "failure", "detail", "model", "has_portkey_sign"),
        "chunks",
    ):
        assert getattr(waiting, fact) == getattr(looping, fact), fact


async def test_the_ways_and_the_options_are_in_the_request() -> None:
    calls: list[Call] = []

    async def script(call: Call) -> None:
        calls.append(call)
        await whole(call)

    await converse(script, question(route="portkey", model="b:1b"), num_ctx=512)
    (call,) = calls
    body = json.loads(call.body)
    assert (body["model"], body["options"]["num_ctx"]) == ("b:1b", 512)
    assert call.header("x-route") == "portkey"
    assert (call.header("accept-encoding"), call.target) == ("identity", "/api/chat")


async def test_an_answer_is_left_as_planned_and_the_server_sees_it() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    (attempt,) = await converse(script, question(cancel_after_chunks=1))
    assert (attempt.is_cancelled, attempt.chunks, attempt.failure) == (True, 1, None)


async def test_a_check_is_made_of_a_whole_answer() -> None:
    check = ContainsAny(kind="contains_any", values=("blue",))
    (attempt,) = await converse(whole, question(check=check))
    assert attempt.is_valid is True


async def test_an_answer_that_takes_too_long_is_a_timeout() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    (attempt,) = await converse(script, seconds=0.2)
    assert (attempt.failure, attempt.chunks) == (Failure.TIMEOUT, 1)
    assert attempt.detail == "no whole answer after 0.2 seconds"


async def test_a_drip_of_bytes_does_not_make_the_time_longer() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", NDJSON)
        while not call.peer_gone.is_set():
            await call.chunk(FIRST)
            await asyncio.sleep(0.01)

    (attempt,) = await converse(script, seconds=0.2)
    assert attempt.failure is Failure.TIMEOUT


@pytest.mark.parametrize("headers", [NDJSON, [NDJSON[0], (b"Content-Length", b"999")]])
async def test_an_answer_that_breaks_off_is_no_whole_one(headers: Any) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", headers)
        await (call.chunk(FIRST) if headers is NDJSON else call.send(FIRST))
        call.close()

    (attempt,) = await converse(script)
    assert (attempt.failure, attempt.chunks) == (Failure.BROKE_OFF, 1)
    assert "Sky" not in attempt.detail


async def test_a_server_that_hangs_up_before_its_answer_is_said_so() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        call.close()

    (attempt,) = await converse(script)
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.detail == "the connection was closed before the answer"


async def test_what_is_no_answer_of_the_api_is_unreadable() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("200 OK", [(b"Content-Type", b"text/html")], b"<p>")

    (attempt,) = await converse(script)
    assert (attempt.failure, attempt.detail) == (Failure.UNREADABLE, "Content-Type text/html")


async def test_what_is_no_http_is_a_connection_that_broke_off() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.send(b"secret words\r\n\r\n")
        call.close()

    (attempt,) = await converse(script)
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.detail == "what came is no HTTP that could be read (BadStatusLine)"


def test_nobody_there_is_unreachable(unused_tcp_port: int) -> None:
    attempt = begun(question())
    told = settings(base_url=f"http://127.0.0.1:{unused_tcp_port}")
    BlockingClient(told).ask(attempt, question(), [])
    assert (attempt.failure, attempt.detail) == (Failure.UNREACHABLE, "Connection refused")
    assert attempt.end is not None


async def test_after_a_turn_without_a_whole_answer_the_rest_is_not_asked() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("500 Oh", [], b'{"error":"no"}')

    (attempt,) = await converse(script, question(turns=("One?", "Two?")))
    assert (attempt.failure, attempt.detail) == (Failure.HTTP_STATUS, "no")
