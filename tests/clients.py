"""A client that writes and reads raw bytes, and sees each HTTP chunk as it was sent."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of an answer, as received."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first value of a header, by lower-case name; None when it is absent."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class RawClient:
    """One connection. `await RawClient.connect(url)`, then write and read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, url: str, limit: int = 1 << 20) -> "RawClient":
        """Connect to the host and port of `url`."""
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        return cls(*await asyncio.open_connection(parts.hostname, parts.port, limit=limit))

    async def send(self, data: bytes) -> None:
        """Write raw bytes."""
        self._writer.write(data)
        await self._writer.drain()

    async def request(
        self, method: str, target: str, body: bytes | Mapping[str, object] = b"", *headers: str
    ) -> None:
        """Write a request with Host, Content-Length where there is a body, and `headers`."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"{method} {target} HTTP/1.1", *headers]
        if not any(line.lower().startswith("host:") for line in headers):
            lines.append("Host: localhost:11434")
        if payload:
            lines.append(f"Content-Length: {len(payload)}")
        await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + payload)

    async def head(self) -> Head:
        """Read status line and headers."""
        raw = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return Head(int(first.split()[1]), tuple((k, v.strip()) for k, _, v in pairs))

    async def chunk(self) -> bytes:
        """Read one chunk of a chunked body; empty at its end. Raises IncompleteReadError."""
        size = int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16)
        data = await self._reader.readexactly(size + 2)
        return data[:-2]

    async def body(self, head: Head) -> bytes:
        """Read the whole body as its head frames it."""
        if head.get("transfer-encoding") == "chunked":
            pieces = []
            while piece := await self.chunk():
                pieces.append(piece)
            return b"".join(pieces)
        return await self._reader.readexactly(int(head.get("content-length") or 0))

    async def rest(self) -> bytes:
        """Read until the peer closes."""
        return await self._reader.read()

    def unsent(self) -> int:
        """How many bytes wait to be sent."""
        return self._writer.transport.get_write_buffer_size()

    def reset(self) -> None:
        """Break the connection with a TCP reset: an end would wait behind what is unsent."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        """Close the connection, in the middle of whatever it was."""
        self._writer.close()

    async def __aenter__(self) -> "RawClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
