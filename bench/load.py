"""The load generator: cheap clients that check what they are answered.

A proxy that answers wrong would otherwise be measured as a fast one.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import TypeVar, cast

from bench import exchanges

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"transfer-encoding: *chunked", re.IGNORECASE)
C = TypeVar("C", bound="_Client")
_PIECE = bytes(256 * 1024)
_LAST_CHUNK = b"0\r\n\r\n"


class WrongAnswerError(Exception):
    """The answer was not the scripted one; the message says what came instead."""


class _Client(asyncio.Protocol):
    """One connection; `done` holds until its work is over."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin at once."""
        self.transport = cast("asyncio.Transport", transport)
        self._begin()

    def connection_lost(self, _: Exception | None) -> None:
        """Fail, unless the work is over."""
        self._fail("the connection was lost in mid-answer")

    def _begin(self) -> None:
        raise NotImplementedError

    def _succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        self.transport.close()

    def _fail(self, said: str) -> None:
        if not self.done.done():
            self.done.set_exception(WrongAnswerError(said))
        self.transport.close()


class Caller(_Client):
    """Asks the same unary question again and again, each time after the last answer.

    Units: `waits` are seconds from the request sent to the first byte.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._left = count
        self._request = exchanges.unary_request()
        self._answer = b""
        self._sent_at = 0.0

    def _begin(self) -> None:
        self._answer = b""
        self._sent_at = time.perf_counter()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Collect the answer; when it is whole, ask again."""
        if not self._answer:
            self.waits.append(time.perf_counter() - self._sent_at)
        self._answer += data
        head, separator, rest = self._answer.partition(b"\r\n\r\n")
        if not separator:
            return
        if length := _LENGTH.search(head):
            if len(rest) >= int(length[1]):
                self._whole(rest)
        elif not _CHUNKED.search(head):
            self._fail(f"neither a length nor chunks in the answer's head: {head!r}")
        elif rest.endswith(_LAST_CHUNK):
            self._whole(_joined(rest))

    def _whole(self, body: bytes) -> None:
        if body != exchanges.UNARY_BODY:
            self._fail(f"expected the scripted answer, found {self._answer[:200]!r}")
            return
        self._left -= 1
        if self._left:
            self._begin()
        else:
            self._succeed()


def _joined(chunks: bytes) -> bytes:
    """A whole chunked body without its framing."""
    body = b""
    while chunks != _LAST_CHUNK:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size, 16)
        body, chunks = body + rest[:length], rest[length + 2 :]
    return body


@dataclass(slots=True)
class Received:
    """What many streams have received together: numbers that a window can be read from."""

    braces: int = 0
    delays_seconds: list[float] = field(default_factory=list)

    @property
    def records(self) -> float:
        """Records so far."""
        return self.braces / exchanges.BRACES_PER_RECORD


class Stream(_Client):
    """Reads one streamed answer to its end."""

    def __init__(self, request: bytes, received: Received) -> None:
        super().__init__()
        self._request = request
        self._received = received
        self._tail = b""

    def _begin(self) -> None:
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count records, look for the end."""
        if not self._tail and not data.startswith(b"HTTP/1.1 200 "):
            self._fail(f"expected a stream, found {data[:200]!r}")
            return
        self._received.braces += data.count(b"}")
        self._received.delays_seconds += exchanges.delays_seconds(data, time.perf_counter_ns())
        self._tail = (self._tail + data)[-5:]
        if self._tail == _LAST_CHUNK:
            self._succeed()


class Upload(_Client):
    """Sends a blob as fast as it is taken. Units: `seconds` from its first byte to the answer."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self.seconds = 0.0
        self._size = size_bytes
        self._left = size_bytes
        self._may_write = True

    def _begin(self) -> None:
        self._began_at = time.perf_counter()
        self.transport.write(exchanges.upload_head(self._size))
        self._send()

    def pause_writing(self) -> None:
        """The subject takes no more for now."""
        self._may_write = False

    def resume_writing(self) -> None:
        """It takes more."""
        self._may_write = True
        self._send()

    def _send(self) -> None:
        while self._left and self._may_write:
            piece = _PIECE[: self._left]
            self._left -= len(piece)
            self.transport.write(piece)

    def data_received(self, data: bytes) -> None:
        """The blob was taken, or refused."""
        self.seconds = time.perf_counter() - self._began_at
        if data.startswith(b"HTTP/1.1 201 "):
            self._succeed()
        else:
            self._fail(f"expected 201 for the upload, found {data[:200]!r}")


async def connect(port: int, client: C) -> C:
    """Connect a client, which begins at once."""
    await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", port)
    return client
