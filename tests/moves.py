"""What a client and an upstream do in a conversation, move by move."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

HOST = b"Host: localhost:11434"


class Act(Enum):
    """What a party does. All are SEND but the last two, which end its side."""

    SEND = "sends"
    END = "ends"
    RESET = "resets"


@dataclass(frozen=True, slots=True)
class Move:
    """One act of the client or the upstream."""

    by_client: bool
    act: Act
    data: bytes = b""

    def __str__(self) -> str:
        who = "the client" if self.by_client else "the upstream"
        return f"{who} {self.act.value} {self.data[:60]!r}"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Moves in their order. `goes_on`: the client's connection takes another request then."""

    name: str
    moves: tuple[Move, ...]
    goes_on: bool


def conversation(
    name: str, *moves: Move | Sequence[Move], goes_on: bool | None = None
) -> Conversation:
    """A named conversation. Unless told otherwise, it goes on when no side ended."""
    flat = [move for part in moves for move in ([part] if isinstance(part, Move) else part)]
    is_open = all(move.act is Act.SEND for move in flat)
    return Conversation(name, tuple(flat), is_open if goes_on is None else goes_on)


def asks(data: bytes) -> Move:
    """The client sends raw bytes."""
    return Move(True, Act.SEND, data)


def answers(data: bytes) -> Move:
    """The upstream sends raw bytes."""
    return Move(False, Act.SEND, data)


CLIENT_ENDS, CLIENT_RESETS = Move(True, Act.END), Move(True, Act.RESET)
UPSTREAM_ENDS, UPSTREAM_RESETS = Move(False, Act.END), Move(False, Act.RESET)


def request(start: bytes, *lines: bytes, body: bytes | None = None) -> Move:
    """A whole request: start line without version, Host first, Content-Length with a body."""
    length = [] if body is None else [b"Content-Length: %d" % len(body)]
    return asks(_head(start + b" HTTP/1.1", HOST, *lines, *length) + (body or b""))


def response(status: bytes, *lines: bytes, body: bytes | None = None) -> Move:
    """A head, or with a body a whole answer."""
    length = [] if body is None else [b"Content-Length: %d" % len(body)]
    return answers(_head(b"HTTP/1.1 " + status, *lines, *length) + (body or b""))


def streams(*lines: bytes, chunks: Sequence[bytes], status: bytes = b"200 OK") -> list[Move]:
    """A chunked answer: head, each chunk and the last chunk in moves of their own."""
    head = response(status, *lines, b"Transfer-Encoding: chunked")
    return [head, *(answers(chunk(piece)) for piece in chunks), answers(b"0\r\n\r\n")]


def chunk(data: bytes) -> bytes:
    """A chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def _head(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


# After `Transfer-Encoding: chunked`, what has no meaning or more than one.
BAD_CHUNKS = {
    "no size": b"hello\r\n",
    "a size with a sign": b"+5\r\nhello\r\n",
    "a size below zero": b"-1\r\n",
    "a size with a prefix": b"0x5\r\nhello\r\n",
    "a size with a grouping": b"1_0\r\n",
    "a size beyond counting": b"f" * 20 + b"\r\n",
    "an empty size": b"\r\n",
    "a space before the size": b" 5\r\nhello\r\n",
    "a bare LF": b"5\nhello\r\n",
    "a chunk longer than said": b"5\r\nhello!\r\n",
    "an endless extension": b"5;" + b"x" * 100_000,
    "a trailer without colon": b"0\r\nX\r\n\r\n",
    "a folded trailer": b"0\r\nX: a\r\n b\r\n\r\n",
    "endless trailers": b"0\r\n" + b"X: y\r\n" * 100_000,
}
