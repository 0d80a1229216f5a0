"""What the dialects of the scripted Ollama have in common: one request answered in records."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tests.fakes.call import RawHeaders
from tests.fakes.turn import Turn

CREATED = 1795416271
CREATED_AT = "2026-11-23T06:44:29.548366145Z"
JSON = (b"Content-Type", b"application/json; charset=utf-8")
V1_JSON = (b"Content-Type", b"application/json")
CHUNKED = (b"Transfer-Encoding", b"chunked")
SSE = ((b"Content-Type", b"text/event-stream"), CHUNKED)
UNCACHED_SSE = ((b"Cache-Control", b"no-cache"), *SSE)


@dataclass(frozen=True, slots=True)
class Record:
    """One line or event of a stream, and whether the model's output is in it."""

    data: bytes
    is_output: bool = False


class Dialect(Protocol):
    """How one route says a Turn."""

    streams_by_default: ClassVar[bool]
    stream_headers: ClassVar[RawHeaders]
    json_header: ClassVar[tuple[bytes, bytes]]
    broken_record: ClassVar[bytes]
    """What is framed as a record, but holds no JSON."""

    def records(self, turn: Turn) -> Iterator[Record]:
        """The stream."""

    def whole(self, turn: Turn) -> bytes:
        """The answer that is not streamed."""

    def failure(self, message: str) -> bytes:
        """A record for an error inside the stream."""

    def refusal(self, status: int, message: str) -> bytes:
        """The body of an error before the stream."""


def dump(value: object) -> bytes:
    """JSON as Ollama writes it: no spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def data_event(value: object) -> bytes:
    """A server-sent event without a name."""
    return b"data: " + dump(value) + b"\n\n"


def named_event(value: dict[str, object]) -> bytes:
    """A server-sent event that is named by its `type`."""
    return b"event: " + str(value["type"]).encode() + b"\n" + data_event(value)
