"""Where the proxy must not pass on what came: what two readers could read in two ways."""

import asyncio

import pytest

from tests.conversations import PATIENCE_SECONDS, Stage
from tests.messages import seen
from tests.moves import BAD_CHUNKS
from tests.wires import Wire, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = b"Host: localhost\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST /api/chat HTTP/1.1\r\n" + HOST

AMBIGUOUS = {
    "a length and chunks": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "two lengths in a line": POST + b"Content-Length: 5, 6\r\n\r\nhello!",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length below zero": POST + b"Content-Length: -5\r\n\r\n",
    "a length in hexadecimal": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length with a grouping": POST + b"Content-Length: 1_0\r\n\r\nhellohello",
    "a length of nothing": POST + b"Content-Length:\r\n\r\n",
    "a length in other digits": POST + "Content-Length: ٥\r\n\r\nhello".encode(),
    "a length beyond counting": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "a coding nobody knows": POST + b"Transfer-Encoding: odd\r\n\r\nhello",
    "a coding that is none": POST + b"Transfer-Encoding: identity\r\n\r\nhello",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked with a control byte": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a coding in two lines": POST
    + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare LF": b"GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n",
    "only bare LF": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a bare CR": GET + b"X: a\rY: b\r\n\r\n",
    "a zero byte": GET + b"X: a\x00b\r\n\r\n",
    "a control byte": GET + b"X: a\x01b\r\n\r\n",
    "a folded line": GET + b"X: a\r\n b\r\n\r\n",
    "a folded first line": b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "a space before the colon": GET + b"Content-Length : 5\r\n\r\nhello",
    "a tab before the colon": GET + b"X\t: 5\r\n\r\n",
    "no name": GET + b": x\r\n\r\n",
    "no colon": GET + b"X\r\n\r\n",
    "a name with a space": GET + b"X Y: z\r\n\r\n",
    "a name that is no ASCII": GET + b"X\xe9: z\r\n\r\n",
    "a name in brackets": GET + b"(X): z\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a version nobody knows": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "a version to come": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version in lower case": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab for a space": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "a control byte in the target": b"GET /a\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method with a bracket": b"GE(T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method that is no ASCII": b"G\xc9T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target without a path": b"GET localhost HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT localhost:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an answer": b"HTTP/1.1 200 OK\r\n\r\n",
}
TOO_LONG = {
    "a field without end": GET + b"X: " + b"x" * 300_000,
    "a whole field": GET + b"X: " + b"x" * 300_000 + b"\r\n\r\n",
    "a target": b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "many fields": GET + b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(30_000)) + b"\r\n",
}


async def status(stage: Stage, client: Wire) -> int:
    """Wait for the answer's head, and the end of the connection; the status."""
    ended = await until(stage.moved, lambda: bool(client.ended), 2 * PATIENCE_SECONDS)
    heads = seen(bytes(client.received)).heads
    assert heads, "no answer"
    assert ended, f"{heads[0].start!r}, but the connection stays open"
    return int(heads[0].start.split()[1])


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_what_could_be_read_in_two_ways_is_refused(
    stage: Stage, client: Wire, name: str
) -> None:
    client.send(AMBIGUOUS[name])
    client.end()
    assert await status(stage, client) == 400
    assert stage.listener.holding() is None, "it went to the upstream"


@pytest.mark.parametrize("name", TOO_LONG)
async def test_a_head_that_is_too_long_is_refused(stage: Stage, client: Wire, name: str) -> None:
    client.send(TOO_LONG[name])
    client.end()
    assert await status(stage, client) == 431
    assert stage.listener.holding() is None, "it went to the upstream"


@pytest.mark.parametrize("name", BAD_CHUNKS)
async def test_a_body_that_could_be_read_in_two_ways_is_refused(
    stage: Stage, client: Wire, name: str
) -> None:
    client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    await until(stage.moved, lambda: stage.listener.holding() is not None, PATIENCE_SECONDS)
    upstream = stage.listener.holding()
    assert upstream is not None, "nothing came to the upstream"
    client.send(BAD_CHUNKS[name])
    assert await until(stage.moved, lambda: bool(client.received), PATIENCE_SECONDS)
    assert seen(bytes(client.received)).heads[0].start.startswith(b"HTTP/1.1 400 ")
    assert await until(stage.moved, lambda: bool(upstream.ended), PATIENCE_SECONDS)
    assert not upstream.received.endswith(b"\r\n0\r\n\r\n"), "it was made whole"


async def test_refusals_are_counted_and_nothing_is_left_behind(stage: Stage) -> None:
    refused = await stage.proxy.value("ollama_proxy_requests_total", status="400")
    assert refused >= len(AMBIGUOUS) + len(BAD_CHUNKS)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await stage.proxy.value("ollama_proxy_active_requests"):
            await asyncio.sleep(0.02)
