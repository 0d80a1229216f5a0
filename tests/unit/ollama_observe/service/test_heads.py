"""A connection that sends no whole head is closed in time; one that asked is left alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import connect

from ollama_observe.service.lifecycle import Listener, listening

HEAD_SECONDS = 0.2
CEILING_SECONDS = 10.0
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PARTS = (b"", b"GET / HTTP/1.1\r\nHost: a\r\n", b"\r\n\r\n")


def sample(goes_on: asyncio.Event | None = None) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def hello() -> str:
        if goes_on is not None:
            await goes_on.wait()
        return "hello"

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text)

    return app


@contextlib.asynccontextmanager
async def connected(
    app: FastAPI,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    listener = Listener("sample", app, "127.0.0.1", 0, head_seconds=HEAD_SECONDS)
    async with listening(listener) as port, asyncio.timeout(CEILING_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield reader, writer
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the connection ends, cleanly or not."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(len(b'"hello"'))


@pytest.mark.parametrize("part", PARTS)
async def test_a_head_that_does_not_come_ends_the_connection(part: bytes) -> None:
    async with connected(sample()) as (reader, writer):
        writer.write(part)
        assert await rest(reader) == b""


@pytest.mark.parametrize("part", PARTS[1:])
async def test_so_does_one_that_does_not_come_after_an_answer(part: bytes) -> None:
    async with connected(sample()) as (reader, writer):
        writer.write(HEAD)
        assert b"200 OK" in await answer(reader)
        writer.write(part)
        assert await rest(reader) == b""


async def test_a_request_that_takes_longer_than_its_head_may_is_answered() -> None:
    goes_on = asyncio.Event()
    async with connected(sample(goes_on)) as (reader, writer):
        writer.write(HEAD)
        asyncio.get_running_loop().call_later(2 * HEAD_SECONDS, goes_on.set)
        assert b"200 OK" in await answer(reader)


async def test_a_connection_may_be_idle_between_requests_as_long_as_it_is_kept() -> None:
    async with connected(sample()) as (reader, writer):
        writer.write(HEAD)
        await answer(reader)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 2 * HEAD_SECONDS)
        writer.write(HEAD[:9])
        writer.write(HEAD[9:])
        assert b"200 OK" in await answer(reader)


async def test_a_socket_is_open_longer_than_its_head_took() -> None:
    listener = Listener(
        "sample", sample(), "127.0.0.1", 0, has_websockets=True, head_seconds=HEAD_SECONDS
    )
    async with listening(listener) as port:
        async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 2 * HEAD_SECONDS)
            await socket.send("still here")
            assert await socket.recv() == "still here"
