"""When counts are asked for, and when their trace is taken out of the answer."""

import pytest

from ollama_observe.wire.requests import read_request
from proxy.heads import ResponseHead, read_response
from proxy.injector import Injector

BODY = b'{"model":"m","stream":true}'
SSE = read_response(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream")
GZIP = read_response(
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip"
)
JSON = read_response(b"HTTP/1.1 400 X\r\nContent-Type: application/json")


def test_a_stream_that_did_not_ask_is_asked_for() -> None:
    injector = Injector()
    body = injector.asking(BODY, read_request(BODY))
    assert body is not None
    assert read_request(body).include_usage
    assert injector.begins(SSE)
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
    assert injector.strip([b"data: {}\n\n", usage, b"data: [DO"], False) == [b"data: {}\n\n"]
    assert injector.strip([], True) == [b"data: [DO"]


@pytest.mark.parametrize("head", [JSON, GZIP])
def test_an_answer_that_is_no_stream_that_can_be_read_is_left_alone(head: ResponseHead) -> None:
    injector = Injector()
    injector.asking(BODY, read_request(BODY))
    assert not injector.begins(head)


@pytest.mark.parametrize(
    "body",
    [b'{"stream":false}', b'{"stream":true,"stream_options":{"include_usage":true}}', b"no json"],
)
def test_who_does_not_stream_or_has_asked_is_not_asked_for(body: bytes) -> None:
    injector = Injector()
    assert injector.asking(body, read_request(body)) is None
    assert not injector.begins(SSE)
