"""Answers that must not pass as they are: without sense, too long, or of another version."""

import pytest

from tests.conversations import PATIENCE_SECONDS, Stage
from tests.messages import seen
from tests.moves import BAD_CHUNKS
from tests.wires import Wire, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def answered(stage: Stage, client: Wire, asked: bytes, answer: bytes) -> Wire:
    """Ask through the proxy, and let the upstream send raw bytes; its connection."""
    client.send(asked)
    await until(stage.moved, lambda: stage.listener.holding() is not None, PATIENCE_SECONDS)
    upstream = stage.listener.holding()
    assert upstream is not None, "nothing came to the upstream"
    upstream.send(answer)
    return upstream


CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"


@pytest.mark.parametrize("name", BAD_CHUNKS)
async def test_an_answer_whose_framing_makes_no_sense_is_never_whole(
    stage: Stage, client: Wire, name: str
) -> None:
    upstream = await answered(stage, client, GET + b"\r\n", CHUNKED_HEAD)
    assert await until(
        stage.moved, lambda: client.received.endswith(b"hello\r\n"), PATIENCE_SECONDS
    )
    upstream.send(BAD_CHUNKS[name])
    assert await until(stage.moved, lambda: bool(client.ended), PATIENCE_SECONDS)
    assert not client.received.endswith(b"\r\n0\r\n\r\n")
    assert await until(stage.moved, lambda: bool(upstream.ended), PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000,
    ],
    ids=lambda answer: repr(answer[:60]),
)
async def test_an_answer_that_is_no_http_is_a_502(
    stage: Stage, client: Wire, answer: bytes
) -> None:
    upstream = await answered(stage, client, GET + b"\r\n", answer)
    upstream.end()  # one of them might yet have become a head
    assert await until(stage.moved, lambda: bool(client.received), PATIENCE_SECONDS)
    assert seen(bytes(client.received)).heads[0].start.startswith(b"HTTP/1.1 502 ")
    assert await until(stage.moved, lambda: bool(upstream.ended), PATIENCE_SECONDS)


async def test_a_length_beside_chunks_is_left_out(stage: Stage, client: Wire) -> None:
    """RFC 9112, 6.3: the chunks count, and nobody may be told otherwise."""
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = b"5\r\nhello\r\n0\r\n\r\n"
    await answered(stage, client, GET + b"\r\n", both + whole)
    assert await until(stage.moved, lambda: client.received.endswith(whole), PATIENCE_SECONDS)
    assert seen(bytes(client.received)).heads[0].values(b"content-length") == []


async def test_what_follows_an_answer_is_nobodys(stage: Stage, client: Wire) -> None:
    """An upstream that sends more than it said: the next client must not get it."""
    extra = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    upstream = await answered(stage, client, GET + b"\r\n", whole + extra)
    assert await until(stage.moved, lambda: bool(upstream.ended), PATIENCE_SECONDS)
    assert client.received.endswith(b"\r\n\r\n{}")
    stage.listener.forget()
    client.received.clear()
    await answered(stage, client, GET + b"\r\n", whole)
    assert await until(stage.moved, lambda: client.received.endswith(b"{}"), PATIENCE_SECONDS)
    assert b"evil" not in client.received


async def test_an_old_client_gets_no_chunks(stage: Stage, client: Wire) -> None:
    """HTTP/1.0 knows no chunks: a naive upstream's are taken off, and the end tells the end."""
    asked = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    upstream = await answered(stage, client, asked, CHUNKED_HEAD)
    assert upstream.received.startswith(b"GET / HTTP/1.0\r\n")
    assert await until(
        stage.moved, lambda: client.received.endswith(b"\r\n\r\nhello"), PATIENCE_SECONDS
    )
    assert not client.ended
    upstream.send(b"6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n")
    assert await until(stage.moved, lambda: bool(client.ended), PATIENCE_SECONDS)
    answer = seen(bytes(client.received))
    assert answer.body == b"hello world"
    assert not answer.heads[0].is_chunked


async def test_an_old_client_gets_no_interim_answers(stage: Stage, client: Wire) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    await answered(stage, client, b"GET / HTTP/1.0\r\n\r\n", interim + whole)
    assert await until(stage.moved, lambda: client.received.endswith(b"{}"), PATIENCE_SECONDS)
    assert len(seen(bytes(client.received)).heads) == 1
    assert b" 103 " not in client.received
