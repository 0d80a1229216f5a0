"""A raw HTTP/1.1 server that sends exactly the bytes a script tells it to.

It sees what a well-mannered server would hide: when the first body byte came, when the
peer went away, what was sent as which chunk.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType

import h11

RawHeaders = Sequence[tuple[bytes, bytes]]


class Call:
    """One request as it arrived, and the means to answer it."""

    def __init__(self, request: h11.Request, transport: asyncio.Transport) -> None:
        self.method = request.method.decode()
        self.target = request.target.decode("latin-1")
        self.headers: list[tuple[bytes, bytes]] = list(request.headers.raw_items())
        self.body = b""
        self.body_bytes = 0
        self.trailers: list[tuple[bytes, bytes]] = []
        self.also_headers: RawHeaders = ()
        """Sent with every head, after its own."""
        self.body_arrived = asyncio.Event()
        """Set at each piece of the body; clear it to wait for the next."""
        self.is_read = asyncio.Event()
        """The request is whole, or its sender has gone."""
        self.is_whole = False
        self.peer_gone = asyncio.Event()
        self.peer_gone_at: float | None = None
        self._transport = transport
        self._sink: Callable[[bytes], object] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def take_body(self, sink: Callable[[bytes], object]) -> None:
        """Hand the body, also what has come of it, to `sink` instead of keeping it."""
        sink(self.body)
        self.body, self._sink = b"", sink

    def note_body(self, data: bytes) -> None:
        """A piece of the body has come."""
        self.body_bytes += len(data)
        if self._sink is None:
            self.body += data
        else:
            self._sink(data)
        self.body_arrived.set()

    def header(self, name: str) -> str | None:
        """The first value of a header; None when it was not sent."""
        wanted = name.lower().encode()
        return next((v.decode("latin-1") for k, v in self.headers if k.lower() == wanted), None)

    async def send(self, data: bytes) -> None:
        """Send raw bytes; waits while the peer does not read.

        Raises: ConnectionResetError when the peer has gone.
        """
        if self.peer_gone.is_set():
            raise ConnectionResetError("the peer has gone")
        self._transport.write(data)
        await asyncio.sleep(0)
        await self._writable.wait()

    async def head(self, status: str, headers: RawHeaders = ()) -> None:
        """Send a status line (`200 OK`) and headers."""
        fields = [*headers, *self.also_headers]
        lines = [f"HTTP/1.1 {status}".encode(), *(k + b": " + v for k, v in fields)]
        await self.send(b"\r\n".join(lines) + b"\r\n\r\n")

    async def chunk(self, data: bytes) -> None:
        """Send one chunk of a chunked body."""
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def last_chunk(self) -> None:
        """End a chunked body."""
        await self.send(b"0\r\n\r\n")

    async def answer(self, status: str, headers: RawHeaders, body: bytes) -> None:
        """Send a whole answer with its length; to HEAD only what it would be."""
        length = (b"Content-Length", str(len(body)).encode())
        await self.head(status, [*headers, length])
        if self.method != "HEAD":
            await self.send(body)

    def pause_reading(self) -> None:
        """Take no more of the request's body."""
        self._transport.pause_reading()

    def close(self) -> None:
        """Close after what was sent has left."""
        self._transport.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def note_peer_gone(self) -> None:
        """The peer closed its side, or the connection was lost."""
        if self.peer_gone_at is None:
            self.peer_gone_at = time.perf_counter()
        self._writable.set()
        self.is_read.set()
        self.peer_gone.set()

    def set_writable(self, writable: bool) -> None:
        """The transport's buffer is below or above its mark."""
        (self._writable.set if writable else self._writable.clear)()


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
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), self._host, self._port, reuse_address=True
        )
        return self

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
        with contextlib.suppress(ConnectionResetError):
            await self.script(call)
        done()
