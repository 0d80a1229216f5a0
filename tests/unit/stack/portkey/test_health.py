from email.message import Message
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from stack.portkey.health import NOT_RUNNING, carried, greeted, health, streams, through_proxy
from stack.portkey.package import expected
from stack.portkey.streaming import Streamed
from stack.probes import Reply
from stack.request import read_request
from tests.fakes.server import Call
from tests.ollamas import serving
from tests.ports import free_port

API = "http://127.0.0.1:11434"
WANTED = expected(REPOSITORY)
OK = Streamed(True, "in pieces")
BROKEN = Streamed(False, "answered 500", is_broken=True)


def reply(status: int, body: bytes, *headers: str) -> Reply:
    message = Message()
    for name in headers:
        message[name] = "openai"
    return Reply(status, body, message)


def test_a_proxy_that_asks_for_a_key_is_said_to_and_is_no_failure() -> None:
    async def script(call: Call) -> None:
        await call.answer("401 Unauthorized", [], b"{}")

    with serving(script) as server:
        found = through_proxy(server.url)
    assert found.is_ok
    assert "asks for an API key" in found.detail


def test_where_no_gateway_answers_the_verb_that_starts_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert health(read_request({"PORTKEY_PORT": str(free_port())}, tmp_path)) == NOT_RUNNING == 3
    assert capsys.readouterr().out == "not running: make start-portkey\n"


def test_the_greeting_tells_the_gateway_from_another_program() -> None:
    assert greeted(reply(200, b"AI Gateway says hey!")).is_ok
    assert (
        greeted(reply(200, b"Ollama is running")).detail == "something else does, with status 200"
    )
    assert "make logs SERVICE=portkey" in greeted(None).detail


def test_a_request_is_carried_whatever_ollama_answers() -> None:
    for status in (200, 401):
        found = carried(reply(status, b"{}", "x-portkey-provider"), API)
        assert (found.is_ok, found.detail) == (True, f"to {API}, which answered {status}")


def test_an_ollama_that_the_gateway_cannot_reach_is_named_with_the_reason() -> None:
    body = (
        b"Message: fetch failed Cause: Error: connect ECONNREFUSED 127.0.0.1:11434 Name: TypeError"
    )
    found = carried(reply(500, body, "x-portkey-provider"), API)
    reason = "connect ECONNREFUSED 127.0.0.1:11434"
    assert (found.is_ok, found.detail) == (False, f"the gateway cannot reach {API}: {reason}")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, f"no answer from {API} within 10 s"),
        (reply(400, b'{"message":"Invalid custom host"}'), f"refuses the address {API} "),
        (reply(500, b'{"message":"Something went wrong"}'), "its own code fails, with 500"),
        (reply(404, b"not here"), "the gateway answered 404: not here"),
    ],
)
def test_a_request_that_did_not_come_through_is_said_with_why(
    answer: Reply | None, words: str
) -> None:
    found = carried(answer, API)
    assert not found.is_ok
    assert words in found.detail


def test_a_stream_is_shown_with_the_versions_that_carry_it() -> None:
    found = streams(OK, WANTED, WANTED.versions, "")
    assert found.is_ok
    assert found.detail == (
        "in pieces; @portkey-ai/gateway 1.15.2, @hono/node-server 1.13.5, hono 4.9.7"
    )
    assert "versions unknown" in streams(OK, WANTED, {}, "").detail


def test_wrong_versions_are_said_with_those_expected_and_the_remedy() -> None:
    versions = {**WANTED.versions, "hono": "4.13.19"}
    found = streams(BROKEN, WANTED, versions, "make it so")
    assert not found.is_ok
    assert "hono 4.13.19 where 4.9.7 is expected; make it so" in found.detail


def test_a_failure_with_versions_that_are_not_known_names_the_likely_cause() -> None:
    found = streams(BROKEN, WANTED, {}, "")
    assert not found.is_ok
    assert "without @hono/node-server 1.13.5, hono 4.9.7; found no versions" in found.detail
