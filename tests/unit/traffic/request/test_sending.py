"""Both clients send the same and take an answer for the same, as a scripted server sees them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from ollama_observe import __version__
from tests.fakes import captures
from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.test_settings import settings
from traffic.bank.checks import ContainsAny, JsonSchema
from traffic.choices import Api, RequestRoute
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.blocking import BlockingClient
from traffic.request.client import Client, open_http
from traffic.request.routes import Way
from traffic.request.sending import LONGEST_TYPE, attempt_for, model_of, words_of
from traffic.settings import TrafficSettings
from traffic.sharding.messages import attempts_of, bytes_of

NDJSON = [(b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked")]
FIRST = b'{"model":"m","message":{"role":"assistant","content":"Sky"},"done":false}\n'
LAST = (
    b'{"model":"m","message":{"role":"assistant","content":" blue"},"done":true,'
    b'"done_reason":"stop","prompt_eval_count":9,"eval_count":2,"eval_duration":500000000}\n'
)


def begun(planned: PlannedQuestion | None = None) -> Attempt:
    """An attempt at the first turn."""
    return attempt_for(planned or question(), 0, 0.0)


@dataclass
class Seen:
    attempt: Attempt
    text: str


By = Callable[[TrafficSettings, Attempt, PlannedQuestion], Awaitable[str]]


async def by_loop(told: TrafficSettings, attempt: Attempt, planned: PlannedQuestion) -> str:
    async with open_http(told) as http:
        return await Client(http, told).ask(attempt, planned, [])


async def by_thread(told: TrafficSettings, attempt: Attempt, planned: PlannedQuestion) -> str:
    client = BlockingClient(told)
    try:
        return await asyncio.to_thread(client.ask, attempt, planned, [])
    finally:
        client.close()


CLIENTS: tuple[By, ...] = (by_loop, by_thread)


async def asked(
    by: By, script: Script, planned: PlannedQuestion | None = None, turn: int = 0, **told: Any
) -> Seen:
    planned = planned or question()
    attempt = attempt_for(planned, turn, 0.0)
    async with ScriptedServer(script) as server, asyncio.timeout(20):
        chosen = settings(base_url=server.url, portkey_url=server.url, **told)
        return Seen(attempt, await by(chosen, attempt, planned))


Ask = Callable[..., Awaitable[Seen]]


@pytest.fixture(params=CLIENTS, ids=lambda by: by.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Asks one turn of a script, by either client."""
    return partial(asked, request.param)


def answering(*chunks: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> Script:
    """A whole answer in these chunks."""

    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", [*NDJSON, *(headers or [])])
        for chunk in chunks:
            await call.chunk(chunk)
        await call.last_chunk()

    return script


@dataclass
class Refusing:
    """Refuses every call, and keeps it."""

    calls: list[Call]

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        self.calls.append(call)
        await call.answer("404 Not Found", [], b"")


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
FACTS = ("status", "usage", "done_reason", "error", "detail", "model", "chunks", "way")


@pytest.mark.parametrize(("name", "api", "error"), REPLAYED)
async def test_both_see_what_a_real_ollama_sent_as_what_it_was(
    name: str, api: Api, error: str | None
) -> None:
    script = captures.replay(captures.load(name), speed=0)
    looping, waiting = [await asked(by, script, api=api) for by in CLIENTS]
    assert looping.attempt.error == error
    assert looping.text == waiting.text
    for fact in FACTS:
        assert getattr(looping.attempt, fact) == getattr(waiting.attempt, fact), fact
    for attempt in (looping.attempt, waiting.attempt):
        assert attempt.end is not None
        assert (attempt.first_content is None) == (attempt.chunks == 0)


async def test_a_whole_answer_gives_its_text_tokens_and_reason(ask: Ask) -> None:
    reply = await ask(answering(FIRST + LAST))
    assert reply.text == "Sky blue"
    assert reply.attempt.is_ok
    assert reply.attempt.done_reason == "stop"
    assert reply.attempt.usage is not None
    assert reply.attempt.usage.prompt_tokens == 9
    assert reply.attempt.reported_tokens_per_second == pytest.approx(2.0)


async def test_a_model_that_only_thought_has_a_first_token_and_no_first_answer(ask: Ask) -> None:
    attempt = (await ask(captures.replay(captures.load("chat-think-stream"), speed=0))).attempt
    assert attempt.first_content is not None
    assert attempt.first_output is None


async def test_a_refusal_keeps_the_sentence_of_the_server(ask: Ask) -> None:
    busy = captures.replay(captures.load("error-busy-chat"), speed=0)
    assert (await ask(busy)).attempt.detail.startswith("server busy, please try again")


async def test_a_reset_in_the_middle_is_broke_off(ask: Ask) -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        call.reset()

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.end is not None


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_close_before_the_end_is_broke_off_and_keeps_what_was_seen(
    ask: Ask, is_chunked: bool
) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", NDJSON if is_chunked else [NDJSON[0], (b"Content-Length", b"99")])
        await (call.chunk(FIRST) if is_chunked else call.send(FIRST))
        call.close()

    attempt = (await ask(script)).attempt
    assert (attempt.failure, attempt.status, attempt.chunks) == (Failure.BROKE_OFF, 200, 1)
    assert attempt.first_content is not None
    assert attempt.detail == "the answer broke off"


async def test_a_tidy_end_without_the_end_marker_is_broke_off(ask: Ask) -> None:
    attempt = (await ask(answering(FIRST))).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert "end marker" in attempt.detail


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([(b"Content-Type", b"text/html")], "Content-Type text/html"),
        ([], "Content-Type is missing"),
        ([(b"Content-Type", b"\xff" * 5000)], "Content-Type "),
        ([(b"Content-Type", b"\xc2\x9b2Jx")], "Content-Type "),
    ],
)
async def test_success_in_no_format_of_the_api_is_unreadable(
    ask: Ask, headers: list[tuple[bytes, bytes]], said: str
) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", [*headers, (b"Content-Length", b"99")])
        await call.peer_gone.wait()  # nothing of the body is waited for

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.UNREADABLE
    assert attempt.detail.startswith(said)
    assert attempt.detail.isprintable()
    assert len(attempt.detail) <= len("Content-Type ") + LONGEST_TYPE
    assert attempts_of(bytes_of([attempt])) == [attempt]


async def test_an_endless_error_page_is_read_only_so_far(ask: Ask) -> None:
    async def script(call: Call) -> None:
        await call.head("502 Bad Gateway", [(b"Transfer-Encoding", b"chunked")])
        while not call.peer_gone.is_set():
            await call.chunk(b"x" * 16384)

    attempt = (await ask(script)).attempt
    assert attempt.error == "http_502"
    assert attempt.detail == "x" * 200


@pytest.mark.parametrize("status", ["200 OK", "500 Oh"])
async def test_an_answer_that_does_not_end_in_time_is_a_timeout(ask: Ask, status: str) -> None:
    async def script(call: Call) -> None:
        await call.head(status, NDJSON)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    attempt = (await ask(script, request_timeout_seconds=0.2)).attempt
    assert attempt.failure is Failure.TIMEOUT
    assert attempt.detail == "no whole answer after 0.2 seconds"
    assert attempt.chunks == (1 if status == "200 OK" else 0)


@pytest.mark.parametrize("by", CLIENTS)
async def test_a_port_where_nobody_listens_is_unreachable(by: By, unused_tcp_port: int) -> None:
    attempt = begun()
    await by(settings(base_url=f"http://127.0.0.1:{unused_tcp_port}"), attempt, question())
    assert (attempt.failure, attempt.detail) == (Failure.UNREACHABLE, "Connection refused")
    assert attempt.status is None
    assert attempt.end is not None


@pytest.mark.parametrize("by", CLIENTS)
async def test_a_name_that_nobody_knows_is_unreachable(by: By) -> None:
    attempt = begun()
    await by(settings(base_url="http://nobody.invalid:1", allow_remote=True), attempt, question())
    assert attempt.failure is Failure.UNREACHABLE
    assert attempt.detail


@asynccontextmanager
async def without_tls() -> AsyncIterator[str]:
    """An https address where something else answers."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("by", CLIENTS)
async def test_where_there_is_no_tls_it_is_said(by: By) -> None:
    attempt = begun()
    async with without_tls() as url, asyncio.timeout(20):
        await by(settings(base_url=url), attempt, question())
    assert attempt.failure is Failure.UNREACHABLE
    assert attempt.detail == "TLS failed: wrong version number"


@pytest.mark.parametrize("is_reset", [True, False])
async def test_a_refusal_that_is_cut_is_a_refusal(ask: Ask, is_reset: bool) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("503 Busy", [NDJSON[0], (b"Content-Length", b"99")])
        await call.send(b'{"error":')
        call.reset() if is_reset else call.close()

    attempt = (await ask(script)).attempt
    assert (attempt.error, attempt.status, attempt.is_ok) == ("http_503", 503, False)


async def test_what_is_no_http_is_broke_off_and_not_quoted(ask: Ask) -> None:
    async def script(call: Call) -> None:
        await call.send(b"the answer is a secret\r\n\r\n")

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.detail.startswith("what came is no HTTP that could be read")
    assert "secret" not in attempt.detail


async def test_a_connection_that_is_closed_without_a_word_is_broke_off(ask: Ask) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        call.close()

    attempt = (await ask(script)).attempt
    assert attempt.failure is Failure.BROKE_OFF
    assert attempt.detail == "the connection was closed before the answer"


async def test_a_redirect_is_a_refusal_that_says_where_to_and_is_not_followed(ask: Ask) -> None:
    asked: list[str] = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        asked.append(call.target)
        location = f"http://{call.header('host')}/elsewhere?key=secret"
        await call.answer("307 Moved", [(b"Location", location.encode())], b"gone")

    attempt = (await ask(script)).attempt
    assert attempt.error == "http_307"
    assert attempt.detail.startswith("a redirect to http://127.0.0.1:")
    assert attempt.detail.endswith(", which is not followed")
    assert "else" not in attempt.detail
    assert asked == ["/api/chat"]


PATHS: dict[Api, str] = {
    "native": "/api/chat",
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
}


@pytest.mark.parametrize("api", PATHS)
async def test_the_request_goes_to_the_path_of_its_api_with_its_version(ask: Ask, api: Api) -> None:
    server = Refusing([])
    await ask(server, api=api)
    (call,) = server.calls
    assert (call.method, call.target) == ("POST", PATHS[api])
    assert call.header("accept-encoding") == "identity"
    assert call.header("content-type") == "application/json"
    assert call.header("user-agent") == f"ollama-observe-traffic/{__version__}"
    assert call.header("anthropic-version") == ("2023-06-01" if api == "anthropic" else None)


async def test_the_question_s_model_is_asked_and_else_the_first_of_the_run(ask: Ask) -> None:
    server = Refusing([])
    told: dict[str, Any] = {"model": "a:1b=3,b:1b", "num_ctx": 512, "keep_alive": "5m"}
    first = await ask(server, **told)
    second = await ask(server, question(model="b:1b"), **told)
    bodies = [json.loads(call.body) for call in server.calls]
    assert [body["model"] for body in bodies] == ["a:1b", "b:1b"]
    assert (first.attempt.model, second.attempt.model) == ("a:1b", "b:1b")
    assert all(body["keep_alive"] == "5m" for body in bodies)
    assert all(body["options"]["num_ctx"] == 512 for body in bodies)


async def test_an_answer_that_is_to_be_cancelled_is_left_after_so_many_pieces(ask: Ask) -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", NDJSON)
        await call.chunk(FIRST)
        await call.chunk(FIRST)
        await call.peer_gone.wait()

    attempt = (await ask(script, question(cancel_after_chunks=2))).attempt
    assert attempt.is_cancelled
    assert (attempt.failure, attempt.is_ok, attempt.chunks) == (None, False, 2)
    assert attempt.end is not None


async def test_an_answer_shorter_than_its_cancellation_is_whole(ask: Ask) -> None:
    attempt = (await ask(answering(FIRST + LAST), question(cancel_after_chunks=9))).attempt
    assert attempt.is_ok
    assert not attempt.is_cancelled


def saying(text: str) -> Script:
    message = {"role": "assistant", "content": text}
    record = {"message": message, "done": True, "done_reason": "stop", "eval_count": 2}
    return answering(json.dumps(record).encode() + b"\n")


SAYS_YES = ContainsAny(kind="contains_any", values=("yes",))


@pytest.mark.parametrize(("text", "is_valid"), [("yes.", True), ("no.", False)])
async def test_a_whole_answer_is_held_against_the_check(
    ask: Ask, text: str, is_valid: bool
) -> None:
    assert (await ask(saying(text), question(check=SAYS_YES))).attempt.is_valid is is_valid


async def test_only_the_last_turn_is_checked_and_only_where_there_is_a_check(ask: Ask) -> None:
    talk = question(turns=("one", "two"), check=SAYS_YES)
    assert (await ask(saying("yes"), talk, turn=0)).attempt.is_valid is None
    assert (await ask(saying("yes"), talk, turn=1)).attempt.is_valid is True
    assert (await ask(saying("yes"))).attempt.is_valid is None


async def test_an_answer_that_failed_is_neither_valid_nor_invalid(ask: Ask) -> None:
    assert (await ask(answering(FIRST), question(check=SAYS_YES))).attempt.is_valid is None


async def test_a_schema_is_not_held_against_an_answer_that_was_not_told_of_it(ask: Ask) -> None:
    schema = {"type": "object", "required": ["n"]}
    planned = question(check=JsonSchema(kind="json_schema"), format=schema)
    assert (await ask(saying('{"n": 1}'), planned)).attempt.is_valid is True
    stream = captures.replay(captures.load("v1-messages-stream"), speed=0)
    attempt = (await ask(stream, planned, api="anthropic")).attempt
    assert attempt.is_ok
    assert attempt.is_valid is None


@pytest.mark.parametrize("route", ["direct", "portkey", "default"])
async def test_the_proxy_is_asked_for_the_route_of_the_question(
    ask: Ask, route: RequestRoute
) -> None:
    server = Refusing([])
    await ask(server, question(route=route), route=route)
    (call,) = server.calls
    assert call.target == "/api/chat"
    assert call.header("x-route") == (None if route == "default" else route)
    assert call.header("x-portkey-provider") is None


async def test_the_gateway_is_told_where_ollama_is_and_a_new_id_each_time(ask: Ask) -> None:
    server = Refusing([])
    told: dict[str, Any] = {"route": "gateway", "ollama_url": "http://127.0.0.1:7"}
    for _ in range(2):
        await ask(server, question(route="gateway"), **told)
    calls = server.calls
    assert {call.target for call in calls} == {"/v1/proxy/api/chat"}
    for name, value in {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": "http://127.0.0.1:7",
        "authorization": "Bearer ollama",
        "content-type": "application/json",
        "x-route": None,
    }.items():
        assert [call.header(name) for call in calls] == [value] * 2
    ids = {call.header("x-portkey-trace-id") for call in calls}
    assert None not in ids
    assert len(ids) == 2


SIGN = (b"X-Portkey-Last-Used-Option-Index", b"config")


@pytest.mark.parametrize(("headers", "way"), [([SIGN], Way.PORTKEY), ([], Way.WENT_DIRECT)])
async def test_the_way_is_that_of_the_gateway_s_sign_whatever_was_asked(
    ask: Ask, headers: list[tuple[bytes, bytes]], way: Way
) -> None:
    script = answering(FIRST + LAST, headers=headers)
    attempt = (await ask(script, question(route="portkey"))).attempt
    assert attempt.is_ok
    assert attempt.way is way


@pytest.mark.parametrize("headers", [[], [SIGN]])
async def test_an_error_in_the_words_of_the_gateway_is_its_own(
    ask: Ask, headers: list[tuple[bytes, bytes]]
) -> None:
    async def script(call: Call) -> None:
        body = b'{"status":"failure","message":"Something went wrong"}'
        await call.answer("500 Internal Server Error", headers, body)

    attempt = (await ask(script, question(route="portkey"))).attempt
    assert attempt.way is Way.PORTKEY
    assert (attempt.error, attempt.detail) == ("http_500", "Portkey: Something went wrong")


async def test_a_failure_without_any_sign_is_blamed_on_neither_way(ask: Ask) -> None:
    async def script(call: Call) -> None:
        await call.answer("502 Bad Gateway", [], b'{"error":"nobody"}')

    assert (await ask(script, question(route="portkey"))).attempt.way is Way.UNKNOWN


def test_an_attempt_has_its_question_s_place_and_way() -> None:
    planned = question(route="portkey", index=3, is_warm_up=True, cancel_after_chunks=5)
    attempt = attempt_for(planned, 1, 2.5)
    assert (attempt.question_id, attempt.category) == (planned.question_id, planned.category)
    assert (attempt.turn, attempt.scheduled, attempt.sent) == (1, 2.5, 2.5)
    assert (attempt.route, attempt.index, attempt.is_warm_up) == ("portkey", 3, True)
    assert attempt.cancel_after_chunks == 5


def test_a_model_is_the_question_s_or_the_run_s() -> None:
    told = settings(model="a:1b,b:1b")
    assert (model_of(told, question()), model_of(told, question(model="c:1b"))) == ("a:1b", "c:1b")


def untrusted() -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "[SSL] secret")
    error.verify_message = "self-signed certificate"
    return error


def caused_by(cause: Exception) -> Exception:
    """The error of a library that says by itself that an operation is not permitted."""
    error = OSError(1, "secret")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(104, "secret"), "Connection reset by peer"),
        (OSError(-2, "Name or service not known"), "Name or service not known"),
        (ValueError("secret"), "what came is no HTTP that could be read (ValueError)"),
        (untrusted(), "the certificate is not trusted: self-signed certificate"),
        (ssl.SSLError(1, "[SSL] secret"), "TLS failed"),
        (caused_by(untrusted()), "the certificate is not trusted: self-signed certificate"),
    ],
)
def test_the_words_of_a_library_are_not_repeated(error: Exception, words: str) -> None:
    assert words_of(error) == words


TO_EMBED = question(turns=("",), inputs=("Sea", "Lake"))
EMBEDDED: list[tuple[str, Api, str | None]] = [
    ("embed-batch", "native", None),
    ("v1-embeddings", "openai", None),
    ("embed-one", "native", "unreadable"),
    ("embed-empty", "native", "unreadable"),
    ("chat-stream", "native", "unreadable"),
    ("error-embed-unsupported", "native", "http_501"),
    ("error-model-missing-v1-embeddings", "openai", "http_404"),
]


@pytest.mark.parametrize(("name", "api", "error"), EMBEDDED)
async def test_what_a_real_ollama_sent_for_two_texts_is_taken_for_what_it_was(
    ask: Ask, name: str, api: Api, error: str | None
) -> None:
    replayed = captures.replay(captures.load(name), speed=0)
    attempt = (await ask(replayed, TO_EMBED, api=api)).attempt
    assert attempt.error == error
    assert (attempt.first_content, attempt.is_valid) == (None, None)
    assert attempt.end is not None
    if error is None:
        assert attempt.usage is not None
        assert attempt.usage.prompt_tokens


@pytest.mark.parametrize(("api", "path"), [("native", "/api/embed"), ("openai", "/v1/embeddings")])
@pytest.mark.parametrize(("route", "before"), [("default", ""), ("gateway", "/v1/proxy")])
async def test_texts_are_sent_where_they_are_embedded(
    ask: Ask, api: Api, path: str, route: RequestRoute, before: str
) -> None:
    refusing = Refusing([])
    planned = replace(TO_EMBED, route=route)
    await ask(refusing, planned, api=api, route=route)
    assert refusing.calls[0].target == f"{before}{path}"
    assert json.loads(refusing.calls[0].body)["input"] == ["Sea", "Lake"]


async def test_what_a_cache_did_is_noted_with_the_age_of_what_it_gave(ask: Ask) -> None:
    def told(status: bytes) -> list[tuple[bytes, bytes]]:
        return [(b"X-Portkey-Cache-Status", status), (b"Age", b"61")]

    found = (await ask(answering(FIRST, LAST, headers=told(b"HIT")))).attempt
    assert (found.cache_status, found.answer_age_seconds, found.way) == ("HIT", 61, Way.CACHE)
    # somebody else's age, of an answer that nobody recorded here
    found = (await ask(answering(FIRST, LAST, headers=told(b"MISS")))).attempt
    assert (found.cache_status, found.answer_age_seconds, found.way) == ("MISS", None, Way.DIRECT)
    found = (await ask(answering(FIRST, LAST))).attempt
    assert (found.cache_status, found.answer_age_seconds) == (None, None)
