"""Bodies of HTTP/1.1 messages: where they end, and what they carry.

Framing is read, not rewritten: the bytes go on as they came, chunk sizes, extensions and
trailers included, and the payload is cut out beside them for whoever measures it.
Source: RFC 9112, 6 and 7.
"""

import re
from typing import Protocol

from proxy.heads import MalformedHead

BODILESS = (204, 304)
"""The final statuses whose answers have no body."""

_HEX = b"0123456789abcdefABCDEF"
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_LINE_LIMIT_BYTES = 8 * 1024
_TRAILER_LIMIT_BYTES = 64 * 1024
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*")


class MalformedBody(MalformedHead):
    """A chunked body's framing cannot be read."""


class Body(Protocol):
    """Where a body ends."""

    is_done: bool

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """The pieces of payload in `data`, and how many of its bytes belong to the body.

        Raises: MalformedBody.
        """


class LengthBody:
    """A body of `length` bytes."""

    __slots__ = ("is_done", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.is_done = length == 0

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """See Body.feed."""
        size = len(data)
        if size < self.left:
            self.left -= size
            return [data], size
        used, self.left, self.is_done = self.left, 0, True
        return [data if used == size else data[:used]], used


class EndlessBody:
    """A body that ends when its connection does."""

    __slots__ = ("is_done",)

    def __init__(self) -> None:
        self.is_done = False

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """See Body.feed."""
        return [data], len(data)


class ChunkedBody:
    """A chunked body, with its trailers."""

    __slots__ = ("_held", "_in_trailers", "_left", "_trailer_bytes", "is_done")

    def __init__(self) -> None:
        self.is_done = False
        self._left = 0
        """What is missing of the chunk in progress, its CR LF included."""
        self._held = b""
        """The beginning of a line that has not come whole."""
        self._in_trailers = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """See Body.feed."""
        size = len(data)
        if not (self._left or self._held or self._in_trailers):
            # what streams bring nearly always: one read, one chunk
            end = data.find(b"\r\n", 0, 16)
            if end > 0 and _is_one_chunk(data, end):
                return [data[end + 2 : -2]], size
        pieces: list[bytes] = []
        at = 0
        while at < size and not self.is_done:
            if self._left:
                at = self._take_data(data, at, pieces)
                continue
            end = data.find(b"\n", at)
            if end < 0:
                self._hold(data[at:])
                return pieces, size
            line = data[at:end]
            if self._held:
                line, self._held = self._held + line, b""
            at = end + 1
            self._line(line)
        return pieces, at

    def _take_data(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        available = len(data) - at
        payload = min(self._left - 2, available)
        if payload > 0:
            pieces.append(data[at : at + payload])
            at += payload
            self._left -= payload
        closing = data[at : at + self._left] if self._left <= 2 else b""
        if closing and not b"\r\n"[2 - self._left :].startswith(closing):
            raise MalformedBody("a chunk is longer than it said")
        self._left -= len(closing)
        return at + len(closing)

    def _hold(self, start: bytes) -> None:
        self._held += start
        if len(self._held) > _LINE_LIMIT_BYTES:
            raise MalformedBody("a line of the chunked framing is too long")

    def _line(self, line: bytes) -> None:
        if line[-1:] != b"\r" or len(line) > _LINE_LIMIT_BYTES:
            raise MalformedBody("a line of the chunked framing does not end with CR LF")
        if self._in_trailers:
            self._trailer(line[:-1])
            return
        match = _SIZE_LINE.fullmatch(line, 0, len(line) - 1)
        if match is None:
            raise MalformedBody("expected a chunk's size, found something else")
        chunk = int(match[1], 16)
        if chunk:
            self._left = chunk + 2
        else:
            self._in_trailers = True

    def _trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if not line:
            self.is_done = True
        elif not _TRAILER.fullmatch(line) or self._trailer_bytes > _TRAILER_LIMIT_BYTES:
            raise MalformedBody("the fields after a chunked body cannot be read")


def _is_one_chunk(data: bytes, end: int) -> bool:
    digits = data[:end]
    if digits.strip(_HEX) or data[-2:] != b"\r\n":  # int() takes signs and prefixes too
        return False
    return 0 < int(digits, 16) == len(data) - end - 4
