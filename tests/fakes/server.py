"""A raw HTTP/1.1 server that sends exactly the bytes a script tells it to.

It sees what a well-mannered server would hide: when the first body byte came, when the
peer went away, what was sent as which chunk.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType

import h11

from tests.fakes.call import Call, RawHeaders

__all__ = ["Call", "RawHeaders", "Script", "ScriptedServer"]

Script = Callable[[Call], Awaitable[None]]


class _Connection(asyncio.Protocol):
    def __init__(self, server: "ScriptedServer") -> None:
        self._server = server
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        self._call: Call | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.transports.add(transport)

    def data_received(self, data: bytes) -> None:
        self._parser.receive_data(data)
        self._advance()

    def eof_received(self) -> bool:
        if self._call is not None:
            self._call.note_peer_gone()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._server.transports.discard(self._transport)
        if self._call is not None:
            self._call.note_peer_gone()

    def pause_writing(self) -> None:
        if self._call is not None:
            self._call.set_writable(False)

    def resume_writing(self) -> None:
        if self._call is not None:
            self._call.set_writable(True)

    def _advance(self) -> None:
        while True:
            event = self._parser.next_event()
            if isinstance(event, h11.Request):
                assert self._transport is not None
                if self._parser.they_are_waiting_for_100_continue:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self._call = Call(event, self._transport)
                self._server.start(self._call, self._next)
            elif isinstance(event, h11.Data) and self._call is not None:
                self._call.note_body(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._call is not None:
                self._call.trailers = list(event.headers.raw_items())
                self._call.is_whole = True
                self._call.is_read.set()
            else:
                return

    def _next(self) -> None:
        """The answer is sent: take the next request of a kept connection."""
        trailing, _ = self._parser.trailing_data
        if self._parser.their_state is not h11.DONE:
            return
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        self._call = None
        if trailing:
            self.data_received(trailing)


class ScriptedServer:
    """`async with ScriptedServer(script) as server:` serves on a free port of loopback."""

    def __init__(self, script: Script, host: str = "127.0.0.1", port: int = 0) -> None:
        self.script = script
        self.calls: list[Call] = []
        self.transports: set[asyncio.Transport] = set()
        self._host = host
        self._port = port
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{self._host}:{self.port}"

    async def __aenter__(self) -> "ScriptedServer":
        await self.listen()
        return self

    async def listen(self) -> None:
        """Begin to listen; after a stop on the same port again."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), self._host, self._port, reuse_address=True
        )
        self._port = self.port

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        for transport in list(self.transports):
            transport.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, call: Call, done: Callable[[], None]) -> None:
        """Run the script for a request whose headers have arrived."""
        task = asyncio.get_running_loop().create_task(self._run(call, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def nth_call(self, number: int = 1) -> Call:
        """Wait until so many requests have arrived; the last of them."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.calls) >= number)
        return self.calls[number - 1]

    async def _run(self, call: Call, done: Callable[[], None]) -> None:
        async with self._arrived:
            self.calls.append(call)
            self._arrived.notify_all()
        try:
            with contextlib.suppress(ConnectionResetError):
                await self.script(call)
        except Exception:
            call.reset()  # a script's defect must not look like a slow answer
            raise
        done()
