"""Answers of the proxy's own."""

import json

from ollama_observe.wire.endpoints import Dialect
from proxy.answers import own_answer
from proxy.outcomes import Ending


def test_an_answer_says_what_failed_in_the_dialect_of_the_route() -> None:
    head, body = own_answer(Ending.UNREACHABLE, "é", Dialect.OPENAI, [b"X: y"])
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 502 Bad Gateway"
    assert b"Content-Length: %d" % len(body) in lines
    assert lines[-3:] == [b"X: y", b"", b""]
    assert json.loads(body)["error"]["message"] == "é"


def test_a_refusal_is_told_by_its_kind_and_with_its_lines() -> None:
    line = b'WWW-Authenticate: Bearer realm="ollama"'
    head, body = own_answer(Ending.REFUSED_KEY, "no key", Dialect.ANTHROPIC, [line])
    assert head.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert line in head.split(b"\r\n")
    assert json.loads(body)["error"] == {"type": "authentication_error", "message": "no key"}


def test_what_is_refused_without_a_word_has_no_body() -> None:
    head, body = own_answer(Ending.REFUSED_HOST, "", Dialect.NATIVE, [])
    assert head == b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    assert body == b""
