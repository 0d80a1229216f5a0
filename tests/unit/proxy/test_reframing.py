"""Answers in another framing than they came in: whose, and how."""

import pytest

from ollama_observe.wire.requests import read_request
from proxy.heads import ResponseHead, read_response
from proxy.injector import Injector
from proxy.reframing import LAST_CHUNK, Reframing, reframing_of

CHUNKED = read_response(
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX: y"
)
PLAIN = read_response(b"HTTP/1.1 200 OK\r\nContent-Length: 3")
ASKED = b'{"model":"m","stream":true}'
CONTENT = b'data: {"choices":[{}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'


def asking() -> Injector:
    injector = Injector()
    injector.asking(ASKED, read_request(ASKED))
    return injector


def new(version: bytes, injector: Injector | None = None) -> Reframing:
    found = reframing_of(version, CHUNKED, injector)
    assert found is not None
    return found


def test_nearly_every_answer_goes_on_as_it_came() -> None:
    assert reframing_of(b"HTTP/1.1", CHUNKED, None) is None
    assert reframing_of(b"HTTP/1.1", PLAIN, None) is None
    assert reframing_of(b"HTTP/1.0", PLAIN, None) is None
    assert reframing_of(b"HTTP/1.1", PLAIN, asking()) is None  # no stream: nothing to take out


def test_an_old_client_gets_the_payload_up_to_the_connections_end() -> None:
    bare = new(b"HTTP/1.0")
    assert not bare.is_chunked
    assert bare.lines([b"HTTP/1.1 200 OK", b"transfer-Encoding: chunked", b"X: y"]) == [
        b"HTTP/1.1 200 OK",
        b"X: y",
    ]
    assert bare.feed([b"one", b"two"], is_done=False) == b"onetwo"
    assert bare.feed([], is_done=True) == b""
    assert bare.broken_off() == b""


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
def test_counts_are_taken_out_and_what_is_left_is_framed_anew(version: bytes) -> None:
    stripped = new(version, asking())
    assert (b"Transfer-Encoding: chunked" in stripped.lines([b"Content-Length: 3"])) is (
        version == b"HTTP/1.1"
    )
    sent = stripped.feed([CONTENT, USAGE, b"data: [DO"], is_done=False)
    sent += stripped.feed([b"NE]\n\n"], is_done=True)
    if version == b"HTTP/1.0":
        assert sent == CONTENT + b"data: [DONE]\n\n"
    else:
        assert sent == b"%x\r\n%s\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)


def test_of_an_answer_that_breaks_off_all_that_came_goes_on_without_an_end() -> None:
    stripped = new(b"HTTP/1.1", asking())
    assert stripped.feed([b"data: {"], is_done=False) == b""
    assert stripped.broken_off() == b"7\r\ndata: {\r\n"


HEADS = {
    "chunked": CHUNKED,
    "of a length": PLAIN,
    "up to the end": read_response(b"HTTP/1.1 200 OK\r\nX: y"),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_an_answer_that_needs_own_chunks_is_in_chunks_of_our_own(head: ResponseHead) -> None:
    found = reframing_of(b"HTTP/1.1", head, None, needs_own_chunks=True)
    assert found is not None
    lines = found.lines([head.status_line, *head.passing])
    assert [line for line in lines if line.lower().startswith((b"content-l", b"transfer-e"))] == [
        b"Transfer-Encoding: chunked"
    ]
    sent = found.feed([b"one", b"two"], is_done=False)
    assert sent == b"3\r\none\r\n3\r\ntwo\r\n"
    assert found.broken_off() == b""
    assert found.feed([b"x" * 26], is_done=True) == b"1a\r\n" + b"x" * 26 + b"\r\n" + LAST_CHUNK
    assert found.withheld_bytes == 0


@pytest.mark.parametrize(
    ("version", "head"),
    [
        (b"HTTP/1.0", PLAIN),
        (b"HTTP/1.1", read_response(b"HTTP/1.1 204 No Content")),
        (b"HTTP/1.1", read_response(b"HTTP/1.1 304 Not Modified")),
    ],
)
def test_what_has_no_chunks_stays_as_it_came(version: bytes, head: ResponseHead) -> None:
    assert reframing_of(version, head, None, needs_own_chunks=True) is None


def test_a_piece_of_no_bytes_does_not_end_an_answer() -> None:
    found = reframing_of(b"HTTP/1.1", PLAIN, None, needs_own_chunks=True)
    assert found is not None
    assert found.feed([b""], is_done=False) == b""
