"""When counts are asked for, and when their trace is taken out of the answer."""

import pytest

from ollama_observe.wire.requests import read_request
from proxy.heads import ResponseHead, read_response
from proxy.injector import LIMIT_BYTES, Injector

BODY = b'{"model":"m","stream":true}'
SSE = read_response(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream")
GZIP = read_response(
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip"
)
JSON = read_response(b"HTTP/1.1 400 X\r\nContent-Type: application/json")


def held(*pieces: bytes) -> Injector:
    injector = Injector()
    for piece in pieces:
        injector.hold(piece)
    return injector


def test_a_stream_that_did_not_ask_is_asked_for() -> None:
    injector = held(BODY[:5], BODY[5:])
    assert not injector.is_due(is_whole=False)
    assert injector.is_due(is_whole=True)
    body, is_asking = injector.release(True, read_request(BODY))
    assert is_asking
    assert read_request(body).include_usage
    assert not injector.is_holding
    assert injector.begins(SSE)
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
    assert injector.strip([b"data: {}\n\n", usage, b"data: [DO"], False) == [b"data: {}\n\n"]
    assert injector.strip([], True) == [b"data: [DO"]


@pytest.mark.parametrize("head", [JSON, GZIP])
def test_an_answer_that_is_no_stream_that_can_be_read_is_left_alone(head: ResponseHead) -> None:
    injector = held(BODY)
    injector.release(True, read_request(BODY))
    assert not injector.begins(head)


def test_a_body_that_is_too_long_goes_as_it_is() -> None:
    injector = held(b"x" * LIMIT_BYTES)
    assert not injector.is_due(is_whole=False)
    injector.hold(b"x")
    assert injector.is_due(is_whole=False)
    assert injector.release(False, read_request(b"")) == (b"x" * (LIMIT_BYTES + 1), False)
    assert not injector.begins(SSE)
