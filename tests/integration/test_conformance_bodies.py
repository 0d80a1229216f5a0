"""Bodies both ways, however they are framed and cut: the same with the proxy and without."""

import pytest

from tests.conversations import Stage
from tests.moves import (
    CLIENT_ENDS,
    UPSTREAM_ENDS,
    Conversation,
    Move,
    answers,
    asks,
    chunk,
    conversation,
    request,
    response,
    streams,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MB = 1 << 20
OK = response(b"200 OK", body=b"{}")
HOST = b"Host: localhost\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
NDJSON = b"Content-Type: application/x-ndjson"
ASK = request(b"POST /api/chat", body=b'{"model":"m","messages":[{"role":"user","content":"?"}]}')
UPLOAD = b"POST /api/blobs/sha256:0 HTTP/1.1\r\n" + HOST
LINE = b'{"model":"m","message":{"role":"assistant","content":"caf\xc3\xa9 \xf0\x9f\x98\x80"}}\n'
DONE = b'{"model":"m","done":true,"done_reason":"stop","eval_count":2}\n'


def bytewise(data: bytes) -> list[Move]:
    """Each byte a move of the upstream's."""
    return [answers(bytes([byte])) for byte in data]


def uploaded(name: str, *pieces: bytes) -> Conversation:
    """A request with a body in pieces, each a move."""
    return conversation(name, *(asks(piece) for piece in pieces), OK)


def streamed(name: str, *pieces: bytes, head: bytes = b"") -> Conversation:
    """A chunked answer in pieces as they are framed, each a move."""
    lines = [NDJSON, *([head] if head else []), b"Transfer-Encoding: chunked"]
    return conversation(name, ASK, response(b"200 OK", *lines), *map(answers, pieces))


def held_back(name: str, *moves: Move) -> Conversation:
    """A request that asks before it sends its body."""
    head = UPLOAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    return conversation(name, asks(head), *moves)


CONTINUE = answers(b"HTTP/1.1 100 Continue\r\n\r\n")
REQUESTS = [
    uploaded("in pieces", UPLOAD + b"Content-Length: 9\r\n\r\n", b"a", b"bcd", b"efghi"),
    uploaded(
        "of 4 MB", UPLOAD + b"Content-Length: %d\r\n\r\n" % (4 * MB), b"a" * MB, b"b" * 3 * MB
    ),
    uploaded(
        "with bytes of all kinds", UPLOAD + b"Content-Length: 256\r\n\r\n" + bytes(range(256))
    ),
    uploaded("chunked", UPLOAD + CHUNKED, chunk(b"one"), chunk(b"two"), b"0\r\n\r\n"),
    uploaded("chunked and empty", UPLOAD + CHUNKED, b"0\r\n\r\n"),
    uploaded(
        "chunked in odd forms", UPLOAD + CHUNKED, b"00A;x=y\r\n0123456789\r\n", b"000\r\n\r\n"
    ),
    uploaded(
        "chunked, cut anywhere", UPLOAD + CHUNKED, b"5\r", b"\nhe", b"llo\r", b"\n0\r\n", b"\r\n"
    ),
    uploaded(
        "chunked, all at once", UPLOAD + CHUNKED + chunk(b"one") + chunk(b"two") + b"0\r\n\r\n"
    ),
    uploaded(
        "with trailers", UPLOAD + CHUNKED, chunk(b"x"), b"0\r\nX-Sum: 1\r\nX-Odd: \xff\r\n\r\n"
    ),
    uploaded(
        "with trailers announced",
        UPLOAD + b"Trailer: X-Sum\r\n" + CHUNKED,
        b"0\r\nX-Sum: 1\r\n\r\n",
    ),
    uploaded(
        "of a form",
        b"POST /v1/audio/transcriptions HTTP/1.1\r\n"
        + HOST
        + b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 80\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper\r\n--x--\r\n'.ljust(
            80
        ),
    ),
    held_back("allowed", CONTINUE, asks(b"hello"), OK),
    held_back("sent without waiting", asks(b"hello"), CONTINUE, OK),
    held_back("never allowed", asks(b"hello"), OK),
    conversation(
        "refused before it was sent",
        asks(UPLOAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
        response(b"417 Expectation Failed", b"Connection: close", body=b"no"),
        UPSTREAM_ENDS,
    ),
    conversation(
        "refused before it was sent whole",
        asks(UPLOAD + b"Content-Length: 100000\r\n\r\nstart"),
        response(b"400 Bad Request", b"Connection: close", body=b'{"error":"digest"}'),
        UPSTREAM_ENDS,
    ),
    conversation(
        "answered while it is sent",
        asks(UPLOAD + CHUNKED + chunk(b"one")),
        *streams(NDJSON, chunks=[b"1\n"])[:-1],
        asks(chunk(b"two")),
        answers(chunk(b"2\n")),
        asks(b"0\r\n\r\n"),
        answers(b"0\r\n\r\n"),
        goes_on=False,  # when the answer's head left, the request's end was not sure
    ),
    conversation(
        "half closed, with a length", asks(UPLOAD + b"Content-Length: 2\r\n\r\n{}"), CLIENT_ENDS, OK
    ),
    conversation("half closed, streamed", ASK, CLIENT_ENDS, *streams(NDJSON, chunks=[LINE, DONE])),
    conversation(
        "half closed in mid-answer",
        ASK,
        *streams(NDJSON, chunks=[LINE])[:-1],
        CLIENT_ENDS,
        answers(chunk(DONE)),
        answers(b"0\r\n\r\n"),
    ),
    conversation(
        "half closed, chunked",
        asks(UPLOAD + CHUNKED + chunk(b"x") + b"0\r\n\r\n"),
        CLIENT_ENDS,
        OK,
    ),
]

ANSWERS = [
    streamed("chunk by chunk", chunk(LINE), chunk(LINE), chunk(DONE), b"0\r\n\r\n"),
    streamed("several chunks at once", chunk(LINE) + chunk(LINE), chunk(DONE) + b"0\r\n\r\n"),
    streamed("all at once", chunk(LINE) + chunk(DONE) + b"0\r\n\r\n"),
    streamed("several lines in a chunk", chunk(LINE + LINE + DONE), b"0\r\n\r\n"),
    streamed("a line in several chunks", *map(chunk, (LINE[:9], LINE[9:], DONE)), b"0\r\n\r\n"),
    streamed("byte by byte", *(bytes([b]) for b in chunk(DONE) + b"0\r\n\r\n")),
    streamed("a character a chunk", *(chunk(bytes([b])) for b in LINE), b"0\r\n\r\n"),
    streamed("chunks in odd forms", b"00A;x=y\r\n0123456789\r\n", b"3\r\nabc\r\n", b"00\r\n\r\n"),
    streamed("empty", b"0\r\n\r\n"),
    streamed("with trailers", chunk(DONE), b"0\r\nX-Sum: 1\r\nx-odd: \xff\r\n\r\n"),
    streamed("with trailers announced", b"0\r\nX-Sum: 1\r\n\r\n", head=b"Trailer: X-Sum"),
    streamed("a line of 6 MB", chunk(b'{"response":"' + b"x" * 6 * MB + b'"}\n'), b"0\r\n\r\n"),
    streamed("a chunk of 2 MB in pieces", b"200000\r\n", b"x" * MB, b"y" * MB, b"\r\n0\r\n\r\n"),
    streamed("nothing for the eye", chunk(b"\n\n\x00\xff\r\n: hm\n\n"), b"0\r\n\r\n"),
    conversation(
        "a coding in capitals",
        ASK,
        response(b"200 OK", b"transfer-encoding: Chunked"),
        answers(chunk(b"x") + b"0\r\n\r\n"),
    ),
    conversation(
        "of a length, in pieces",
        ASK,
        response(b"200 OK", b"Content-Length: 9"),
        *map(answers, (b"a", b"bcd", b"efghi")),
    ),
    conversation(
        "of a length, byte by byte",
        ASK,
        response(b"200 OK", b"Content-Length: 5"),
        bytewise(b"hello"),
    ),
    conversation("of 6 MB", ASK, response(b"200 OK", body=b"\x00\xff\r\n" * (3 * MB // 2))),
    conversation(
        "without a length",
        ASK,
        response(b"200 OK", NDJSON),
        answers(LINE),
        answers(DONE),
        UPSTREAM_ENDS,
    ),
    conversation("without a length, and empty", ASK, response(b"200 OK"), UPSTREAM_ENDS),
]


@pytest.mark.parametrize("held", REQUESTS, ids=lambda held: held.name)
async def test_a_request_arrives_as_it_was_sent(stage: Stage, held: Conversation) -> None:
    await stage.compare(held)


@pytest.mark.parametrize("held", ANSWERS, ids=lambda held: held.name)
async def test_an_answer_arrives_as_it_was_sent(stage: Stage, held: Conversation) -> None:
    await stage.compare(held)
