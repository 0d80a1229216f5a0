"""Facts of one attempt, seen against a server that sends what a real Ollama sent."""

import asyncio
import json
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.fakes import captures
from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.test_settings import settings
from traffic.bank.checks import ContainsAny, JsonSchema
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.client import Client, open_http
from traffic.request.routes import Way
from traffic.settings import Api, RequestRoute

NDJSON = [(b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked")]
FIRST = b'{"model":"m","message":{"role":"assistant","content":"Sky"},"done":false}\n'
LAST = (
    b'{"model":"m","message":{"role":"assistant","content":" blue"},"done":true,'
    b'"done_reason":"stop","prompt_eval_count":9,"eval_count":2,"eval_duration":500000000}\n'
)


@dataclass
class Seen:
    attempt: Attempt
    text: str


def begun(planned: PlannedQuestion, turn: int = 0, scheduled: float = 0.0) -> Attempt:
    return Attempt(
        planned.question_id,
        planned.category,
        turn,
        scheduled,
        sent=scheduled,
        route=planned.route,
    )


async def ask(
    script: Script,
    api: Api = "native",
    seconds: float = 30.0,
    planned: PlannedQuestion | None = None,
    turn: int = 0,
    **told: Any,
) -> Seen:
    planned = planned or question()
    attempt = begun(planned, turn)
    async with ScriptedServer(script) as server:
        chosen = settings(base_url=server.url, api=api, request_timeout_seconds=seconds, **told)
        async with open_http(chosen) as http:
            return Seen(attempt, await Client(http, chosen).ask(attempt, planned, []))


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

    attempt = begun(question(), scheduled=-1.0)
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            await Client(http, told, clock).ask(attempt, question(), [])
    assert (attempt.scheduled, attempt.sent, attempt.headers) == (-1.0, 0.0, 1.0)
    assert attempt.first_byte == attempt.first_content == attempt.first_output == 2.0
    assert attempt.last_content == 3.0
    assert attempt.end is not None
    assert attempt.end > 3.0


async def test_a_whole_answer_gives_its_text_tokens_and_reason() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST + LAST)
        await call.last_chunk()

    reply = await ask(script)
    assert reply.text == "Sky blue"
    assert reply.attempt.is_ok
    assert reply.attempt.done_reason == "stop"
    assert reply.attempt.usage is not None
    assert reply.attempt.usage.prompt_tokens == 9
    assert reply.attempt.reported_tokens_per_second == pytest.approx(2.0)


REPLAYED: list[tuple[str, Api, str | None]] = [
    ("chat-stream", "native", None),
    ("chat-think-stream", "native", None),
    ("chat-tools-stream", "native", None),
    ("chat-json", "native", None),
    ("v1-chat-stream-usage", "openai", None),
    ("v1-messages-stream", "anthropic", None),
    ("v1-messages-think-stream", "anthropic", None),
    ("v1-messages-tools-stream", "anthropic", None),
    ("broken-v1-messages-stream", "anthropic", "broke_off"),
    ("error-model-missing-v1-messages", "anthropic", "http_404"),
    ("broken-chat-stream", "native", "stream_error"),
    ("broken-v1-chat-stream", "openai", "broke_off"),
    ("error-model-missing-chat", "native", "http_404"),
    ("error-model-missing-v1-chat", "openai", "http_404"),
    ("error-busy-chat", "native", "http_503"),
    ("error-busy-v1-chat", "openai", "http_503"),
]


@pytest.mark.parametrize(("name", "api", "error"), REPLAYED)
async def test_what_a_real_ollama_sent_is_counted_as_what_it_was(
    name: str, api: Api, error: str | None
) -> None:
    reply = await ask(captures.replay(captures.load(name), speed=0), api)
    assert reply.attempt.error == error
    assert reply.attempt.end is not None


async def test_a_model_that_only_thought_has_a_first_token_and_no_first_answer() -> None:
    attempt = (await ask(captures.replay(captures.load("chat-think-stream"), speed=0))).attempt
    assert attempt.first_content is not None
    assert attempt.first_output is None


async def test_a_refusal_keeps_the_sentence_of_the_server() -> None:
    busy = captures.replay(captures.load("error-busy-chat"), speed=0)
    assert (await ask(busy)).attempt.detail.startswith("server busy, please try again")


async def test_a_reset_in_the_middle_is_broke_off_and_keeps_what_was_seen() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        call.reset()

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.status == 200


async def test_a_close_before_the_last_chunk_is_broke_off() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        call.close()

    reply = await ask(script)
    assert reply.attempt.failure is Failure.BROKE_OFF
    assert reply.attempt.first_content is not None


async def test_a_tidy_end_without_the_end_marker_is_broke_off() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.last_chunk()

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert "end marker" in attempt.detail


async def test_success_in_no_format_of_the_api_is_unreadable() -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [(b"Content-Type", b"text/html")], b"<p>Welcome</p>")

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.UNREADABLE
    assert "text/html" in attempt.detail


async def test_an_endless_error_page_is_read_only_so_far() -> None:
    async def script(call: Call) -> None:
        await call.head("502 Bad Gateway", [(b"Transfer-Encoding", b"chunked")])
        while not call.peer_gone.is_set():
            await call.chunk(b"x" * 16384)

    async with asyncio.timeout(10):
        attempt = (await ask(script)).attempt
    assert attempt.error == "http_502"
    assert attempt.detail == "x" * 200


async def test_an_answer_that_does_not_end_in_time_is_a_timeout() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.peer_gone.wait()

    attempt = (await ask(script, seconds=0.05)).attempt
    assert attempt.failure is Failure.TIMEOUT
    assert "0.05 seconds" in attempt.detail


async def test_a_port_where_nobody_listens_is_unreachable(unused_tcp_port: int) -> None:
    told = settings(base_url=f"http://127.0.0.1:{unused_tcp_port}")
    attempt = begun(question())
    async with open_http(told) as http:
        await Client(http, told).ask(attempt, question(), [])
    assert (attempt.failure, attempt.detail) == (Failure.UNREACHABLE, "Connection refused")
    assert attempt.status is None


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    told = settings(base_url="http://nobody.invalid:1", allow_remote=True)
    attempt = begun(question())
    async with open_http(told) as http:
        await Client(http, told).ask(attempt, question(), [])
    assert attempt.failure is Failure.UNREACHABLE
    assert attempt.detail


async def test_what_is_no_http_is_broke_off_and_not_quoted() -> None:
    async def script(call: Call) -> None:
        await call.send(b"the answer is a secret\r\n\r\n")

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.detail.startswith("what came is no HTTP")
    assert "secret" not in attempt.detail


async def test_a_connection_that_is_closed_without_a_word_is_broke_off() -> None:
    async def script(call: Call) -> None:
        call.close()

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.detail == "the connection was closed before the answer"


async def test_a_redirect_is_a_refusal_and_not_followed() -> None:
    asked: list[str] = []

    async def script(call: Call) -> None:
        asked.append(call.target)
        await call.answer("307 Temporary Redirect", [(b"Location", b"/elsewhere")], b"")

    assert (await ask(script)).attempt.error == "http_307"
    assert asked == ["/api/chat"]


PATHS: dict[Api, str] = {
    "native": "/api/chat",
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
}


@pytest.mark.parametrize("api", PATHS)
async def test_the_request_goes_to_the_path_of_its_api_with_its_version(api: Api) -> None:
    seen: list[Call] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        seen.append(call)
        await call.answer("404 Not Found", [], b"")

    await ask(script, api)
    (call,) = seen
    assert (call.method, call.target) == ("POST", PATHS[api])
    assert call.header("accept-encoding") == "identity"
    assert call.header("content-type") == "application/json"
    assert call.header("anthropic-version") == ("2023-06-01" if api == "anthropic" else None)


async def test_no_cookie_of_an_answer_comes_back_in_a_request() -> None:
    seen: list[str | None] = []

    async def script(call: Call) -> None:
        seen.append(call.header("cookie"))
        await call.answer("200 OK", [*NDJSON[:1], (b"Set-Cookie", b"a=b; Path=/")], LAST)

    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url.replace("127.0.0.1", "localhost"))
        async with open_http(told) as http:
            for _ in range(2):
                await Client(http, told).ask(begun(question()), question(), [])
    assert seen == [None, None]


async def test_the_question_s_model_is_asked_and_else_the_first_of_the_run() -> None:
    bodies: list[dict[str, Any]] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        bodies.append(json.loads(call.body))
        await call.answer("404 Not Found", [], b"")

    told: dict[str, Any] = {"model": "a:1b=3,b:1b", "num_ctx": 512, "keep_alive": "5m"}
    first = await ask(script, **told)
    second = await ask(script, planned=question(model="b:1b"), **told)
    assert [body["model"] for body in bodies] == ["a:1b", "b:1b"]
    assert (first.attempt.model, second.attempt.model) == ("a:1b", "b:1b")
    assert all(body["keep_alive"] == "5m" for body in bodies)
    assert all(body["options"]["num_ctx"] == 512 for body in bodies)


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

    attempt = begun(question())
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            await Client(http, told, clock).ask(attempt, question(), [])
    assert list(attempt.gaps_seconds) == [0.5, 0.0, 6.5]
    assert attempt.chunks == 4
    assert (attempt.first_content, attempt.last_content) == (2.0, 9.0)


async def test_an_answer_that_is_to_be_cancelled_is_left_after_so_many_pieces() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    async with asyncio.timeout(10):
        seen = await ask(script, planned=question(cancel_after_chunks=2))
    attempt = seen.attempt
    assert attempt.is_cancelled
    assert (attempt.failure, attempt.is_ok, attempt.chunks) == (None, False, 2)
    assert attempt.end is not None


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


async def test_an_answer_shorter_than_its_cancellation_is_whole() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST + LAST)
        await call.last_chunk()

    attempt = (await ask(script, planned=question(cancel_after_chunks=9))).attempt
    assert attempt.is_ok
    assert not attempt.is_cancelled


async def test_a_run_that_is_stopped_leaves_what_was_seen_of_the_request_in_flight() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    attempt, seen = begun(question()), asyncio.Event()
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


def saying(text: str) -> Script:
    async def script(call: Call) -> None:
        message = {"role": "assistant", "content": text}
        record = {"message": message, "done": True, "done_reason": "stop", "eval_count": 2}
        await call.answer("200 OK", NDJSON[:1], json.dumps(record).encode() + b"\n")

    return script


SAYS_YES = ContainsAny(kind="contains_any", values=("yes",))


@pytest.mark.parametrize(("text", "is_valid"), [("yes.", True), ("no.", False)])
async def test_a_whole_answer_is_held_against_the_check(text: str, is_valid: bool) -> None:
    planned = question(check=SAYS_YES)
    assert (await ask(saying(text), planned=planned)).attempt.is_valid is is_valid


async def test_only_the_last_turn_is_checked_and_only_where_there_is_a_check() -> None:
    talk = question(turns=("one", "two"), check=SAYS_YES)
    assert (await ask(saying("yes"), planned=talk, turn=0)).attempt.is_valid is None
    assert (await ask(saying("yes"), planned=talk, turn=1)).attempt.is_valid is True
    assert (await ask(saying("yes"))).attempt.is_valid is None


async def test_an_answer_that_failed_is_neither_valid_nor_invalid() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        call.close()

    assert (await ask(script, planned=question(check=SAYS_YES))).attempt.is_valid is None


async def test_a_schema_is_not_held_against_an_answer_that_was_not_told_of_it() -> None:
    schema = {"type": "object", "required": ["n"]}
    planned = question(check=JsonSchema(kind="json_schema"), format=schema)
    assert (await ask(saying('{"n": 1}'), planned=planned)).attempt.is_valid is True
    stream = captures.replay(captures.load("v1-messages-stream"), speed=0)
    attempt = (await ask(stream, "anthropic", planned=planned)).attempt
    assert attempt.is_ok
    assert attempt.is_valid is None


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


SIGN = (b"x-portkey-last-used-option-index", b"config")


async def ask_by(route: RequestRoute, script: Script) -> Seen:
    async with ScriptedServer(script) as server:
        told = settings(
            route=route,
            base_url=server.url,
            portkey_url=server.url,
            ollama_url="http://127.0.0.1:7",
        )
        planned = question(route=route)
        attempt = begun(planned)
        async with open_http(told) as http:
            return Seen(attempt, await Client(http, told).ask(attempt, planned, []))


@pytest.mark.parametrize("route", ["direct", "portkey", "default"])
async def test_the_proxy_is_asked_for_the_route_of_the_question(route: RequestRoute) -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        seen.append((call.target, call.header("x-route"), call.header("x-portkey-provider")))
        await call.answer("404 Not Found", [], b"")

    await ask_by(route, script)
    assert seen == [("/api/chat", None if route == "default" else route, None)]


async def test_the_gateway_is_told_where_ollama_is_and_a_new_id_each_time() -> None:
    seen: list[Call] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        seen.append(call)
        await call.answer("404 Not Found", [], b"")

    for _ in range(2):
        await ask_by("gateway", script)
    assert {call.target for call in seen} == {"/v1/proxy/api/chat"}
    for name, value in {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": "http://127.0.0.1:7",
        "authorization": "Bearer ollama",
        "content-type": "application/json",
        "x-route": None,
    }.items():
        assert [call.header(name) for call in seen] == [value] * 2
    ids = {call.header("x-portkey-trace-id") for call in seen}
    assert None not in ids
    assert len(ids) == 2


def answering(headers: list[tuple[bytes, bytes]]) -> Script:
    async def script(call: Call) -> None:
        await call.head("200 OK", [*NDJSON, *headers])
        await call.chunk(FIRST + LAST)
        await call.last_chunk()

    return script


async def test_an_answer_with_the_sign_of_the_gateway_came_through_it() -> None:
    attempt = (await ask_by("portkey", answering([SIGN]))).attempt
    assert attempt.is_ok
    assert attempt.way is Way.PORTKEY


async def test_an_answer_without_its_sign_went_direct_whatever_was_asked() -> None:
    attempt = (await ask_by("portkey", answering([]))).attempt
    assert attempt.is_ok
    assert attempt.way is Way.WENT_DIRECT


@pytest.mark.parametrize("headers", [[], [SIGN]])
async def test_an_error_in_the_words_of_the_gateway_is_its_own(
    headers: list[tuple[bytes, bytes]],
) -> None:
    async def script(call: Call) -> None:
        body = b'{"status":"failure","message":"Something went wrong"}'
        await call.answer("500 Internal Server Error", headers, body)

    attempt = (await ask_by("portkey", script)).attempt
    assert attempt.way is Way.PORTKEY
    assert (attempt.error, attempt.detail) == ("http_500", "Portkey: Something went wrong")


async def test_a_failure_without_any_sign_is_blamed_on_neither_way() -> None:
    async def script(call: Call) -> None:
        await call.answer("502 Bad Gateway", [], b'{"error":"nobody"}')

    assert (await ask_by("portkey", script)).attempt.way is Way.UNKNOWN
