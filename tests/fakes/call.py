"""One request as it arrived at a scripted server, and the means to answer it."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Sequence

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
