"""One end of a connection, byte by byte: what came, how it ended, and the means to end it."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

END, RESET = "end", "reset"


class Wire(asyncio.Protocol):
    """A connection that stays half open when its peer has sent its last."""

    def __init__(self, moved: asyncio.Event) -> None:
        self.received = bytearray()
        self.ended = ""
        """How the peer's side ended: END, RESET, or empty while it is open."""
        self._moved = moved
        self._transport: asyncio.Transport

    @classmethod
    async def connect(cls, url: str, moved: asyncio.Event) -> "Wire":
        """Connect to the host and port of `url`; `moved` is set whenever something comes."""
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(lambda: cls(moved), parts.hostname, parts.port)
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._moved.set()

    def eof_received(self) -> bool:
        self._note(END)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._note(END if exc is None else RESET)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._transport.write(data)

    def end(self) -> None:
        """Send no more; go on receiving."""
        self._transport.write_eof()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        sock = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """Close both directions."""
        self._transport.abort()

    def _note(self, how: str) -> None:
        self.ended = self.ended or how
        self._moved.set()


class Listener:
    """Accepts connections and answers nothing by itself."""

    def __init__(self, url: str, wires: list[Wire]) -> None:
        self.url = url
        self.wires = wires

    def holding(self, text: bytes = b"") -> Wire | None:
        """The connection on which this came, or anything at all."""
        return next((wire for wire in self.wires if wire.received and text in wire.received), None)

    def forget(self) -> None:
        """Begin anew: connections that are open stay, what came on them is forgotten."""
        for wire in self.wires:
            wire.received.clear()
            if wire.ended:
                wire.close()
        self.wires[:] = [wire for wire in self.wires if not wire.ended]


@contextlib.asynccontextmanager
async def listening(moved: asyncio.Event) -> AsyncIterator[Listener]:
    """Listen on a free port of loopback; `moved` is set whenever something comes."""
    wires: list[Wire] = []

    def accept() -> Wire:
        wires.append(Wire(moved))
        return wires[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Listener(f"http://127.0.0.1:{port}", wires)
    finally:
        server.close()
        for wire in wires:
            wire.close()


async def until(moved: asyncio.Event, condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition over wires holds; False when it did not in time."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                moved.clear()
                await moved.wait()
    except TimeoutError:
        return False
    return True
