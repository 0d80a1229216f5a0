"""StreamMeter: (instant, bytes) to what a client of the answer saw, and when.

The clock is the caller's: any monotonic seconds will do, as long as it is one clock.
"""

from collections import Counter
from collections.abc import Callable

from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import Framing, RecordSplitter
from ollama_observe.wire.records import (
    Output,
    Record,
    UnreadableRecord,
    read_native,
    read_openai,
)
from ollama_observe.wire.usage import Usage

_READERS: dict[Answer, Callable[[bytes | bytearray], Record]] = {
    Answer.GENERATE: read_native,
    Answer.CHAT: read_native,
    Answer.OPENAI_CHAT: read_openai,
}

_OPENAI_END = b"[DONE]"


class StreamMeter:
    """Reads a copy of one answer as it passes. Never raises for what the bytes hold.

    Units: all instants and gaps are seconds of the caller's clock.
    """

    __slots__ = (
        "_read",
        "_split",
        "done_reason",
        "first_answer",
        "first_output",
        "first_output_kind",
        "framing",
        "is_ended",
        "last_output",
        "max_gap_seconds",
        "model",
        "outputs",
        "problems",
        "saw_error",
        "thinking_outputs",
        "usage",
    )

    def __init__(self, answer: Answer, framing: Framing) -> None:
        self.framing = framing
        self._read = _READERS[answer]
        self._split = RecordSplitter(framing)
        self.first_output: float | None = None
        """When the first content, thinking or tool call arrived. None for a unary answer."""
        self.first_output_kind: Output | None = None
        self.first_answer: float | None = None
        """When the first output arrived that was not thinking."""
        self.last_output: float | None = None
        self.outputs = 0
        """Records with output. A record may hold several tokens: these are no token counts."""
        self.thinking_outputs = 0
        self.max_gap_seconds: float | None = None
        """Largest time between two records with output; None before the second."""
        self.model: str | None = None
        self.is_ended = False
        """The dialect's end marker was seen: the answer is whole."""
        self.saw_error = False
        """A record said that the upstream failed, inside an answer that had begun."""
        self.done_reason: str | None = None
        self.usage: Usage | None = None
        self.problems: Counter[str] = Counter()
        """What could not be read: reason to count."""

    def feed(self, instant: float, data: bytes) -> None:
        """Take note of `data`, which arrived at `instant`."""
        for record in self._split.feed(data):
            self._record(instant, record)

    def finish(self, instant: float) -> None:
        """Take note that the body has ended; what was not closed by a newline counts too."""
        for record in self._split.finish():
            self._record(instant, record)
        if self._split.overflows:
            self.problems["too_long"] += self._split.overflows

    def _record(self, instant: float, data: bytes) -> None:
        if not data or data.isspace():
            return
        if data == _OPENAI_END:
            self.is_ended = True
            return
        try:
            record = self._read(data)
        except UnreadableRecord:
            self.problems["json"] += 1
            return
        if record.output is not None and self.framing is not Framing.JSON:
            self._output(instant, record.output)
        self._note(record)

    def _note(self, record: Record) -> None:
        self.model = self.model or record.model
        self.is_ended = self.is_ended or record.is_end
        self.saw_error = self.saw_error or record.is_error
        self.done_reason = record.done_reason or self.done_reason
        self.usage = record.usage or self.usage

    def _output(self, instant: float, kind: Output) -> None:
        self.outputs += 1
        if self.first_output is None:
            self.first_output = instant
            self.first_output_kind = kind
        if kind is Output.THINKING:
            self.thinking_outputs += 1
        elif self.first_answer is None:
            self.first_answer = instant
        if self.last_output is not None:
            gap = instant - self.last_output
            if self.max_gap_seconds is None or gap > self.max_gap_seconds:
                self.max_gap_seconds = gap
        self.last_output = instant
