"""Facts of one attempt, seen against a server that sends what a real Ollama sent."""

import asyncio
from itertools import count

import pytest

from tests.fakes import captures
from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.test_protocol import question
from tests.unit.traffic.test_settings import settings
from traffic.attempt import Failure
from traffic.client import Client, Reply, open_http
from traffic.routes import Way
from traffic.settings import Api, RequestRoute

NDJSON = [(b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked")]
FIRST = b'{"model":"m","message":{"role":"assistant","content":"Sky"},"done":false}\n'
LAST = (
    b'{"model":"m","message":{"role":"assistant","content":" blue"},"done":true,'
    b'"done_reason":"stop","prompt_eval_count":9,"eval_count":2,"eval_duration":500000000}\n'
)


async def ask(script: Script, api: Api = "native", seconds: float = 30.0) -> Reply:
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url, api=api, request_timeout_seconds=seconds)
        async with open_http(told) as http:
            return await Client(http, told).ask(question(), 0, [], scheduled=0.0)


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

    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http, asyncio.timeout(10):
            reply = await Client(http, told, clock).ask(question(), 0, [], scheduled=-1.0)
    attempt = reply.attempt
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
    async with open_http(told) as http:
        reply = await Client(http, told).ask(question(), 0, [], scheduled=0.0)
    assert reply.attempt.failure is Failure.UNREACHABLE
    assert reply.attempt.status is None


@pytest.mark.parametrize("api", ["native", "openai"])
async def test_the_request_goes_to_the_path_of_its_api(api: Api) -> None:
    seen: list[tuple[str, str, str | None]] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        seen.append((call.method, call.target, call.header("accept-encoding")))
        await call.answer("404 Not Found", [], b"")

    await ask(script, api)
    path = {"native": "/api/chat", "openai": "/v1/chat/completions"}[api]
    assert seen == [("POST", path, "identity")]


SIGN = (b"x-portkey-last-used-option-index", b"config")


async def ask_by(route: RequestRoute, script: Script) -> Reply:
    async with ScriptedServer(script) as server:
        told = settings(
            route=route,
            base_url=server.url,
            portkey_url=server.url,
            ollama_url="http://127.0.0.1:7",
        )
        async with open_http(told) as http:
            return await Client(http, told).ask(question(route=route), 0, [], scheduled=0.0)


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
