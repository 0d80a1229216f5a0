"""Bytes as they arrive, to lines (NDJSON) and events (SSE). Chunk edges mean nothing.

One HTTP chunk may hold half a line, or several events: both were seen from Ollama.
Memory is bounded: a line over the limit is skipped to its end and counted, never kept.
"""

from dataclasses import dataclass
from enum import StrEnum

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


def framing_of(content_type: str) -> Framing | None:
    """The framing that a response's Content-Type announces; None for any other type.

    Whether an answer is streamed is decided here, from the response: the request's
    `stream` has two defaults, and a gateway may override it.
    """
    return _FRAMINGS.get(content_type.partition(";")[0].strip().lower())


class LineSplitter:
    """Cuts a byte stream at `\\n`; lines come without it, and without a `\\r` before it."""

    __slots__ = ("_held", "_held_bytes", "_limit_bytes", "_skipping", "overflows")

    def __init__(self, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._skipping = False
        self.overflows = 0
        """How many lines were skipped because they were longer than the limit."""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, in order."""
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

    def finish(self) -> bytes:
        """What is left after the last newline; empty when nothing is."""
        return self._take()

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


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. `name` is empty when the event carries none."""

    name: str
    data: bytes


class EventSplitter:
    """Cuts a byte stream into server-sent events, at the empty line that ends each.

    Source: WHATWG HTML, "Server-sent events", 9.2.6 (fields `event` and `data`; comments,
    `id` and `retry` are skipped; several `data` lines are joined with a newline).
    """

    __slots__ = ("_data", "_data_bytes", "_limit_bytes", "_lines", "_name", "_too_long")

    def __init__(self, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._lines = LineSplitter(limit_bytes)
        self._limit_bytes = limit_bytes
        self._name = ""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._too_long = 0

    @property
    def overflows(self) -> int:
        """How many lines or events were skipped because they were longer than the limit."""
        return self._lines.overflows + self._too_long

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes, in order."""
        events: list[Event] = []
        for line in self._lines.feed(data):
            if line:
                self._field(line)
            elif self._data:
                events.append(self._dispatch())
            else:
                self._forget()
        return events

    def finish(self) -> list[Event]:
        """An event whose closing empty line never came, if there is one.

        The standard discards it; for a meter its content did reach the client.
        """
        if line := self._lines.finish():
            self._field(line)
        return [self._dispatch()] if self._data else []

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._keep(value)
        elif name == b"event":
            self._name = value.decode("utf-8", "replace")

    def _keep(self, value: bytes) -> None:
        was_too_long = self._data_bytes > self._limit_bytes
        self._data_bytes += len(value)
        if self._data_bytes <= self._limit_bytes:
            self._data.append(value)
        elif not was_too_long:
            self._data.clear()
            self._too_long += 1

    def _dispatch(self) -> Event:
        event = Event(self._name, b"\n".join(self._data))
        self._forget()
        return event

    def _forget(self) -> None:
        self._name = ""
        self._data.clear()
        self._data_bytes = 0


class RecordSplitter:
    """Cuts an answer into its records, whatever its framing: lines, events' data, or the body."""

    __slots__ = ("_body", "_limit_bytes", "_split")

    def __init__(self, framing: Framing, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._split: LineSplitter | EventSplitter | None = None
        if framing is Framing.NDJSON:
            self._split = LineSplitter(limit_bytes)
        elif framing is Framing.SSE:
            self._split = EventSplitter(limit_bytes)
        self._limit_bytes = limit_bytes
        self._body = bytearray()

    @property
    def overflows(self) -> int:
        """How many records were skipped because they were longer than the limit."""
        if self._split is not None:
            return self._split.overflows
        return 1 if len(self._body) > self._limit_bytes else 0

    def feed(self, data: bytes) -> list[bytes]:
        """The records that `data` completes, in order."""
        if isinstance(self._split, LineSplitter):
            return self._split.feed(data)
        if self._split is not None:
            return [event.data for event in self._split.feed(data)]
        if not self.overflows:
            self._body += data
        return []

    def finish(self) -> list[bytes]:
        """What the end of the answer completes; may hold an empty record."""
        if isinstance(self._split, LineSplitter):
            return [self._split.finish()]
        if self._split is not None:
            return [event.data for event in self._split.finish()]
        return [] if self.overflows else [bytes(self._body)]
