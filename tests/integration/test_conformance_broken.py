"""What goes wrong in mid-exchange: the client sees what it would see without the proxy.

What was cut short never looks whole, and who is still there is told at once.
"""

import pytest

from tests.conversations import Stage
from tests.moves import (
    CLIENT_ENDS,
    CLIENT_RESETS,
    UPSTREAM_ENDS,
    UPSTREAM_RESETS,
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

HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json; charset=utf-8"
NDJSON = b"Content-Type: application/x-ndjson"
SSE = b"Content-Type: text/event-stream"
NATIVE = (b"/api/generate", b"/api/chat", b"/api/pull", b"/api/push", b"/api/create")
EVENTS = (b"/v1/chat/completions", b"/v1/completions", b"/v1/responses", b"/v1/messages")
UNARY = (b"/api/embed", b"/api/embeddings", b"/v1/embeddings", b"/v1/audio/transcriptions")
SHOWN = (b"/api/show", b"/v1/models/m", b"/api/nothing")
LINE = b'{"model":"m","response":"a"}\n'
EVENT = b'event: response.output_text.delta\ndata: {"type":"x","delta":"a","model":"m"}\n\n'

# What may come in a stream where JSON was expected. Nothing of it is the proxy's to judge.
ODD = {
    "an error inside": b'{"error":"llama runner process has terminated"}\n',
    "no JSON": b'{"broken\n',
    "no end of line": b'{"model":"m"',
    "JSON of other shapes": b'null\n[]\n"x"\n1e999\n{"message":[],"choices":{},"usage":7}\n',
    "wrong types": b'{"model":{},"done":"yes","eval_count":"many","prompt_eval_count":-1}\n',
    "deep JSON": b"[" * 20_000 + b"\n",
    "bytes": bytes(range(256)) + b"\n",
    "nothing": b"\n\n\r\n",
}


def as_event(data: bytes) -> bytes:
    """The same in an event."""
    return b"data: " + data.replace(b"\n", b"\ndata: ") + b"\n\n"


def ask(path: bytes) -> Move:
    """An ordinary request."""
    body = b'{"model":"m","stream":true,"prompt":"?","messages":[{"role":"user","content":"?"}]}'
    return request(b"POST " + path, JSON, body=body)


ODD_STREAMS = [
    *(
        conversation(
            f"{path.decode()}: {name}",
            ask(path),
            *streams(NDJSON, chunks=[LINE, odd, LINE, odd]),
        )
        for path in NATIVE
        for name, odd in ODD.items()
    ),
    *(
        conversation(
            f"{path.decode()}: {name}",
            ask(path),
            *streams(SSE, chunks=[EVENT, as_event(odd), EVENT, as_event(odd)]),
        )
        for path in EVENTS
        for name, odd in ODD.items()
    ),
]
ODD_ANSWERS = [
    conversation(
        f"{path.decode()}: {status.decode()} {name}", ask(path), response(status, JSON, body=odd)
    )
    for path in NATIVE + EVENTS + UNARY + SHOWN
    for status in (b"200 OK", b"500 Internal Server Error")
    for name, odd in (("no JSON", ODD["no JSON"]), ("nothing", b""))
]


@pytest.mark.parametrize("held", ODD_STREAMS + ODD_ANSWERS, ids=lambda held: held.name)
async def test_what_cannot_be_read_passes(stage: Stage, held: Conversation) -> None:
    await stage.compare(held)


WAYS = {"ends": UPSTREAM_ENDS, "is reset": UPSTREAM_RESETS}
HEAD = response(b"200 OK", NDJSON, b"Transfer-Encoding: chunked")
LONG = response(b"200 OK", JSON, b"Content-Length: 1000")
CUT = {
    "after the head": [HEAD],
    "between chunks": [HEAD, answers(chunk(LINE))],
    "inside a chunk": [HEAD, answers(b"ff\r\n" + LINE)],
    "inside a chunk's size": [HEAD, answers(chunk(LINE) + b"f")],
    "inside the last chunk": [HEAD, answers(chunk(LINE)), answers(b"0\r\n")],
    "inside the trailers": [HEAD, answers(chunk(LINE)), answers(b"0\r\nX-Sum: ")],
    "after a head with a length": [LONG],
    "inside a length": [LONG, answers(b"{")],
}
BROKEN_UPSTREAMS = [
    conversation(f"{how} {where}", ask(path), *moves, end)
    for how, end in WAYS.items()
    for where, moves in CUT.items()
    for path in (b"/api/chat",)
] + [
    conversation("is reset without a length", ask(b"/api/chat"), response(b"200 OK", NDJSON), end)
    for end in (UPSTREAM_RESETS,)
]
BROKEN_UPSTREAMS += [
    conversation(
        "is reset in mid-answer without a length",
        ask(b"/api/chat"),
        response(b"200 OK", NDJSON),
        answers(LINE),
        UPSTREAM_RESETS,
    ),
    conversation(
        "is reset while it is sent a body, after it answered",
        asks(b"POST /api/blobs/sha256:0 HTTP/1.1\r\n" + HOST + b"Content-Length: 99\r\n\r\nab"),
        LONG,
        answers(b"{"),
        UPSTREAM_RESETS,
    ),
]


@pytest.mark.parametrize("held", BROKEN_UPSTREAMS, ids=lambda held: held.name)
async def test_an_answer_that_breaks_off_is_never_made_whole(
    stage: Stage, held: Conversation
) -> None:
    await stage.compare(held)


UPLOAD = b"POST /api/blobs/sha256:0 HTTP/1.1\r\n" + HOST
HALF = asks(UPLOAD + b"Content-Length: 99\r\n\r\nab")
HALF_CHUNKED = asks(UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"ab"))
LEAVING = [
    conversation("waiting for the head", ask(b"/api/chat"), CLIENT_RESETS),
    conversation("after the head", ask(b"/api/chat"), HEAD, CLIENT_RESETS),
    conversation("between chunks", ask(b"/api/pull"), HEAD, answers(chunk(LINE)), CLIENT_RESETS),
    conversation("inside a chunk", ask(b"/api/chat"), HEAD, answers(b"ff\r\n{"), CLIENT_RESETS),
    conversation("inside a length", ask(b"/api/chat"), LONG, answers(b"{"), CLIENT_RESETS),
    conversation("while it sends", HALF, CLIENT_RESETS),
    conversation("while it sends chunks", HALF_CHUNKED, CLIENT_RESETS),
    conversation("while it sends, by an end", HALF, CLIENT_ENDS),
    conversation("while it sends chunks, by an end", HALF_CHUNKED, CLIENT_ENDS),
    conversation("while both send", HALF, HEAD, answers(chunk(LINE)), CLIENT_RESETS),
    conversation(
        "having been told to go on",
        asks(UPLOAD + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"),
        answers(b"HTTP/1.1 100 Continue\r\n\r\n"),
        CLIENT_RESETS,
    ),
]


@pytest.mark.parametrize("held", LEAVING, ids=lambda held: held.name)
async def test_the_upstream_learns_at_once_that_the_client_left(
    stage: Stage, held: Conversation
) -> None:
    await stage.compare(held)


async def test_nothing_is_left_behind(stage: Stage) -> None:
    """After all that: no request is in flight, and what could not be read was counted."""
    assert await stage.proxy.value("ollama_proxy_active_requests") == 0
    assert await stage.proxy.value("ollama_proxy_extraction_errors_total", reason="json") > 0
    assert await stage.proxy.value("ollama_proxy_extraction_errors_total", reason="exception") == 0
