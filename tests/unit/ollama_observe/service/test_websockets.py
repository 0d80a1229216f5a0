"""Sockets of a listener: bounded messages, no compression, an end that is said at once."""

import asyncio

import pytest
from fastapi import FastAPI, WebSocket
from starlette.types import Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ollama_observe.service.lifecycle import Listener, listening
from ollama_observe.service.websockets import GOING_AWAY, MESSAGE_LIMIT_BYTES

CEILING_SECONDS = 10.0
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
NO_HANDSHAKE = "ASGI callable returned without completing handshake."
CLOSE_FRAME = b"\x88\x02\x03\xe8"
"""With the code 1000, unmasked."""


def echo() -> FastAPI:
    app = FastAPI()

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        async for message in socket.iter_text():
            await socket.send_text(message)

    @app.websocket("/flood")
    async def flood(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_bytes(bytes(1 << 20))
        finally:
            app.state.has_ended.set()

    app.state.has_ended = asyncio.Event()
    return app


async def test_a_message_comes_and_goes_uncompressed() -> None:
    async with listening(Listener("sample", echo(), "127.0.0.1", 0, has_websockets=True)) as port:
        async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket:
            await socket.send("hello")
            assert await socket.recv() == "hello"
            assert socket.protocol.extensions == []


async def test_a_message_that_is_too_long_closes_the_socket() -> None:
    async with listening(Listener("sample", echo(), "127.0.0.1", 0, has_websockets=True)) as port:
        async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket:
            await socket.send("x" * (MESSAGE_LIMIT_BYTES + 1))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009


async def test_the_end_is_said_to_who_listens_and_waits_for_nobody() -> None:
    served = listening(Listener("sample", echo(), "127.0.0.1", 0, has_websockets=True))
    port = await served.__aenter__()
    async with (
        connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket,
        connect(f"ws://127.0.0.1:{port}/flood", proxy=None, max_queue=1) as deaf,
    ):
        await socket.send("hello")
        assert await socket.recv() == "hello"
        await deaf.recv()  # the flood has begun
        await asyncio.wait_for(served.__aexit__(None, None, None), CEILING_SECONDS)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == GOING_AWAY
        deaf.transport.abort()


async def test_a_peer_that_answers_no_ping_is_not_waited_for() -> None:
    app = echo()
    listener = Listener("sample", app, "127.0.0.1", 0, has_websockets=True, ping_seconds=0.1)
    async with listening(listener) as port:
        url = f"ws://127.0.0.1:{port}/flood"
        async with connect(url, proxy=None, max_queue=1, ping_interval=None) as deaf:
            await deaf.recv()
            deaf.transport.pause_reading()
            await asyncio.wait_for(app.state.has_ended.wait(), CEILING_SECONDS)
            deaf.transport.abort()


async def test_a_socket_that_was_closed_already_ends_with_the_server() -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close(1000)

    served = listening(Listener("sample", app, "127.0.0.1", 0, has_websockets=True))
    port = await served.__aenter__()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(CLOSE_FRAME)
    # its answer to that does not come
    await asyncio.wait_for(served.__aexit__(None, None, None), CEILING_SECONDS)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(("refuses", "logged"), [(True, []), (False, [NO_HANDSHAKE])])
async def test_a_handshake_that_is_refused_with_an_answer_is_no_error_of_the_app(
    refuses: bool, logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(_: object, __: object, send: Send) -> None:
        if refuses:
            start = {"type": "websocket.http.response.start", "status": 403, "headers": []}
            await send(start)
            await send({"type": "websocket.http.response.body", "body": b"not here"})

    async with listening(Listener("sample", app, "127.0.0.1", 0, has_websockets=True)) as port:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{port}/ws", proxy=None)
    answer = refused.value.response
    expected = (403, b"not here") if refuses else (500, b"Internal Server Error")
    assert (answer.status_code, answer.body) == expected
    assert [one.message for one in caplog.records if one.name == "uvicorn.error"] == logged


async def test_a_listener_without_sockets_refuses_one() -> None:
    async with listening(Listener("sample", echo(), "127.0.0.1", 0)) as port:
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{port}/ws", proxy=None)
