"""Bytes as they arrive, to records: lines, events or a body. Chunk edges mean nothing.

One HTTP chunk may hold half a line, or several events: both were seen from Ollama.
Memory is bounded: a record over the limit is skipped to its end and counted, never kept.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Protocol

# The last line of /api/generate carries `context`, one number a token of the whole
# conversation: 131072 tokens are about 1 MB. Images in a request never come back.
LINE_LIMIT_BYTES = 16 * 1024 * 1024


class Framing(StrEnum):
    """How an answer's body is cut into records."""

    NDJSON = "ndjson"
    SSE = "sse"
    JSON = "json"
    """One record: the whole body. The answer was not streamed."""


_FRAMINGS = {
    "application/x-ndjson": Framing.NDJSON,
    "text/event-stream": Framing.SSE,
    "application/json": Framing.JSON,
}


@lru_cache(maxsize=64)
def framing_of(content_type: str) -> Framing | None:
    """The framing that a response's Content-Type announces; None for any other type.

    Whether an answer is streamed is decided here, from the response: the request's
    `stream` has two defaults, and a gateway may override it.
    """
    return _FRAMINGS.get(content_type.partition(";")[0].strip().lower())


class Splitter(Protocol):
    """Cuts a byte stream into records."""

    @property
    def overflows(self) -> int:
        """How many records were skipped because they were longer than the limit."""

    def feed(self, data: bytes) -> list[bytes]:
        """The records that `data` completes, in order."""

    def finish(self) -> list[bytes]:
        """What is left after the last whole record, if anything is."""


class LineSplitter:
    """Cuts a byte stream at `\\n`; lines come without it, and without a `\\r` before it."""

    __slots__ = ("_held", "_held_bytes", "_limit_bytes", "_skipping", "overflows")

    def __init__(self, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._skipping = False
        self.overflows = 0

    @property
    def is_between_lines(self) -> bool:
        """No line has begun that has not ended."""
        return not self._held and not self._skipping

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, in order."""
        # What servers send is one whole line a time: no list is built and joined for it.
        is_line = 0 <= data.find(b"\n") == len(data) - 1 <= self._limit_bytes
        if is_line and not self._held and not self._skipping:
            return [data[:-2] if data.endswith(b"\r\n") else data[:-1]]
        *whole, rest = data.split(b"\n")
        lines: list[bytes] = []
        for piece in whole:
            if self._skipping:
                self._skipping = False
                continue
            self._hold(piece)
            if not self._skipping:
                lines.append(self._take())
            self._skipping = False
        if rest and not self._skipping:
            self._hold(rest)
        return lines

    def finish(self) -> list[bytes]:
        """What is left after the last newline, if anything is."""
        return [self._take()] if self._held else []

    def _hold(self, piece: bytes) -> None:
        self._held_bytes += len(piece)
        if self._held_bytes > self._limit_bytes:
            self._held.clear()
            self._held_bytes = 0
            self._skipping = True
            self.overflows += 1
        elif piece:
            self._held.append(piece)

    def _take(self) -> bytes:
        line = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return line[:-1] if line.endswith(b"\r") else line


class EventSplitter:
    """Cuts a byte stream into the data of its server-sent events.

    Source: WHATWG HTML, "Server-sent events", 9.2.6: an empty line ends each event, several
    `data` lines are joined with a newline. All other fields are skipped; every dialect
    that names its events says the name in their data, too.
    """

    __slots__ = ("_data", "_data_bytes", "_is_between", "_limit_bytes", "_lines", "_too_long")

    def __init__(self, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._lines = LineSplitter(limit_bytes)
        self._limit_bytes = limit_bytes
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._is_between = True
        self._too_long = 0

    @property
    def overflows(self) -> int:
        """How many lines or events were skipped because they were longer than the limit."""
        return self._lines.overflows + self._too_long

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that `data` completes, in order."""
        if self._is_between and len(data) <= self._limit_bytes:
            plain = _plain_events(data)
            if plain is not None:
                return plain
        events: list[bytes] = []
        for line in self._lines.feed(data):
            if line:
                self._field(line)
            else:
                if self._data:
                    events.append(b"\n".join(self._data))
                self._forget()
        has_begun = self._data or self._data_bytes
        self._is_between = self._lines.is_between_lines and not has_begun
        return events

    def finish(self) -> list[bytes]:
        """The data of an event whose closing empty line never came, if there is one.

        The standard discards it; for a meter its content did reach the client.
        """
        for line in self._lines.finish():
            self._field(line)
        events = [b"\n".join(self._data)] if self._data else []
        self._forget()
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._keep(value.removeprefix(b" "))

    def _keep(self, value: bytes) -> None:
        was_too_long = self._data_bytes > self._limit_bytes
        self._data_bytes += len(value)
        if self._data_bytes <= self._limit_bytes:
            self._data.append(value)
        elif not was_too_long:
            self._data.clear()
            self._too_long += 1

    def _forget(self) -> None:
        self._data.clear()
        self._data_bytes = 0


def _plain_events(data: bytes) -> list[bytes] | None:
    """The data of whole events in the one form that servers write; None for any other.

    The form is one `data: ` line and an empty one, with an `event: ` line before or without.
    """
    if not data.endswith(b"\n\n") or b"\r" in data:
        return None
    events = []
    at, size = 0, len(data)
    while at < size:
        if data.startswith(b"event: ", at):
            at = data.find(b"\n", at) + 1
        end = data.find(b"\n", at)
        if not data.startswith(b"data: ", at) or not data.startswith(b"\n\n", end):
            return None
        events.append(data[at + 6 : end])
        at = end + 2
    return events


class BodySplitter:
    """A body that is one record."""

    __slots__ = ("_held", "_held_bytes", "_limit_bytes")

    def __init__(self, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0

    @property
    def overflows(self) -> int:
        """1 when the body was longer than the limit."""
        return 1 if self._held_bytes > self._limit_bytes else 0

    def feed(self, data: bytes) -> list[bytes]:
        """Nothing: a body is complete when it ends."""
        self._held_bytes += len(data)
        if self._held_bytes <= self._limit_bytes:
            self._held.append(data)
        else:
            self._held.clear()
        return []

    def finish(self) -> list[bytes]:
        """The body."""
        held, self._held = self._held, []
        return [b"".join(held)] if held else []


_SPLITTERS: dict[Framing, type[LineSplitter | EventSplitter | BodySplitter]] = {
    Framing.NDJSON: LineSplitter,
    Framing.SSE: EventSplitter,
    Framing.JSON: BodySplitter,
}


def splitter_for(framing: Framing, limit_bytes: int = LINE_LIMIT_BYTES) -> Splitter:
    """Cuts an answer into its records, whatever its framing: lines, events' data, or the body."""
    return _SPLITTERS[framing](limit_bytes)
