"""A raw upstream whose behaviour is chosen by the request: a header names the script.

Client and upstream of a scenario live in one process, so that each can wait for what the other
has seen. What is scripted so leaves no room for chance.
"""

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator

NAME_HEADER = "X-Soak"
_NAME = re.compile(rb"^x-soak: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding: *chunked\r$", re.IGNORECASE | re.MULTILINE)
_VERSION = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"version":"0.33.0"}'

Script = Callable[["Call"], Awaitable[None]]


class Call:
    """One request as it arrived, and the means to answer it."""

    def __init__(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.head = head
        self._reader = reader
        self._writer = writer

    async def read(self, size: int) -> None:
        """Read so many bytes of the body; raises IncompleteReadError when the peer has gone."""
        while size:
            piece = await self._reader.read(min(size, 1 << 16))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size)
            size -= len(piece)

    async def read_body(self) -> None:
        """Read the body to its end."""
        if _CHUNKED.search(self.head):
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                await self.read(size + 2)
            await self.read(2)
        elif length := _LENGTH.search(self.head):
            await self.read(int(length[1]))

    async def send(self, data: bytes) -> None:
        """Send raw bytes; waits while the peer does not read."""
        self._writer.write(data)
        await self._writer.drain()

    async def chunk(self, data: bytes) -> None:
        """Send one chunk of a chunked body, in one write."""
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def hold_little(self) -> None:
        """Let the kernel keep little of what the peer does not read."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)

    async def gone(self) -> None:
        """Wait until the peer has closed its side, or broken the connection."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(1 << 16):
                pass
        self._writer.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        reset(self._writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection with a TCP reset: an end would wait behind what is unsent."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Upstream:
    """Listens, and runs the script that each request names; can be taken down and up again."""

    def __init__(self) -> None:
        self.port = 0
        self._scripts: dict[int, Script] = {}
        self._last = 0
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.StreamWriter] = set()
        self._idle: dict[asyncio.StreamWriter, asyncio.Event] = {}

    @contextlib.contextmanager
    def scripted(self, script: Script) -> Iterator[str]:
        """The header line that makes a request run `script`."""
        self._last += 1
        name = self._last
        self._scripts[name] = script
        try:
            yield f"{NAME_HEADER}: {name}"
        finally:
            del self._scripts[name]

    async def up(self) -> None:
        """Listen: on a free port at first, on the same one after that."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=1 << 20, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Stop listening, break what is in progress, close what idles."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._busy):
            reset(writer)
        await self.close_idle()

    async def close_idle(self) -> None:
        """Close the connections that are kept for later; wait until the proxy has closed too."""
        for writer in list(self._idle):
            writer.write_eof()
        async with asyncio.timeout(10):
            for closed in list(self._idle.values()):
                await closed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                closed = self._idle[writer] = asyncio.Event()
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                finally:
                    del self._idle[writer]
                    closed.set()
                self._busy.add(writer)
                try:
                    await self._run(Call(head, reader, writer))
                finally:
                    self._busy.discard(writer)
        writer.close()

    async def _run(self, call: Call) -> None:
        named = _NAME.search(call.head)
        if named is None:  # the proxy's own question whether we are there
            await call.send(_VERSION)
        else:
            await self._scripts[int(named[1])](call)
