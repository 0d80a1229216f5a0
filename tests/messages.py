"""Bytes of HTTP/1.1 as two parties see them: what must agree through a proxy, and what need not.

What belongs to one connection (RFC 9110, 7.6.1) need not, except for the framing that it tells;
everything else must, to the byte: start lines, field lines with their case, order and spaces,
bodies with their chunk framing and trailers.
"""

import re
from dataclasses import dataclass

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    }
)
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d")
_LAST_CHUNK = re.compile(rb"(?:\A|\r\n)0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n\Z")
_BODILESS = re.compile(rb"HTTP/1\.[01] (?:204|304)")


@dataclass(frozen=True, slots=True)
class Head:
    """A start line and the field lines that belong to the message."""

    start: bytes
    lines: tuple[bytes, ...]
    is_chunked: bool

    def without(self, name: bytes) -> "Head":
        """The head without the fields of a (lower-case) name."""
        kept = tuple(line for line in self.lines if field_name(line) != name)
        return Head(self.start, kept, self.is_chunked)

    def values(self, name: bytes) -> list[bytes]:
        """A field's values, by lower-case name."""
        found = [line for line in self.lines if field_name(line) == name]
        return [line.partition(b":")[2].strip() for line in found]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one party has received: whole heads (interim ones before the last), body as it came."""

    heads: tuple[Head, ...]
    body: bytes

    @property
    def is_endless(self) -> bool:
        """Whether only the connection's end tells the end of this answer's body."""
        if not self.heads or _BODILESS.match(self.heads[-1].start):
            return False
        head = self.heads[-1]
        return not head.is_chunked and not head.values(b"content-length")

    @property
    def is_whole(self) -> bool:
        """Whether this answer's own framing says that it is complete."""
        if not self.heads or self.is_endless:
            return False
        if self.heads[-1].is_chunked:
            return _LAST_CHUNK.search(self.body) is not None
        lengths = self.heads[-1].values(b"content-length")
        return not lengths or len(self.body) >= int(lengths[0])


def is_interim(head: Head) -> bool:
    """Whether the final answer is still to come."""
    return _INTERIM.match(head.start) is not None


def seen(received: bytes) -> Seen:
    """Read what was received. A head that is not whole yet counts as nothing."""
    heads: list[Head] = []
    while b"\r\n\r\n" in received:
        raw, _, received = received.partition(b"\r\n\r\n")
        heads.append(_head(raw))
        if not is_interim(heads[-1]):
            return Seen(tuple(heads), received)
    return Seen(tuple(heads), b"")


def _head(raw: bytes) -> Head:
    start, *lines = raw.split(b"\r\n")
    named = {
        token.strip().lower()
        for line in lines
        if field_name(line) == b"connection"
        for token in line.partition(b":")[2].split(b",")
    }
    own = HOP_BY_HOP | named
    kept = tuple(line for line in lines if field_name(line) not in own)
    codings = [line for line in lines if field_name(line) == b"transfer-encoding"]
    return Head(start, kept, any(b"chunked" in line.lower() for line in codings))


def field_name(line: bytes) -> bytes:
    """A field line's name, lower case."""
    return line.partition(b":")[0].lower()
