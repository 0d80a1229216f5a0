"""StreamMeter: (instant, bytes) to what a client of the answer saw, and when.

The clock is the caller's: any monotonic seconds will do, as long as it is one clock.
"""

from collections.abc import Callable

from ollama_observe.wire.answers import anthropic, native, openai, responses
from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import Framing, splitter_for
from ollama_observe.wire.records import UNREADABLE, Bytes, Closing, Output, Record, problems
from ollama_observe.wire.usage import Usage
from ollama_observe.wire.vectors import VectorSplitter

Reader = Callable[[Bytes], Record]

_THINKING = Output.THINKING

# One record of a stream, and a whole unary answer.
_READERS: dict[Answer, tuple[Reader, Reader]] = {
    Answer.GENERATE: (native.read_line, native.read_line),
    Answer.CHAT: (native.read_line, native.read_line),
    Answer.EMBED: (native.read_vectors, native.read_vectors),
    Answer.EMBEDDINGS: (native.read_vectors, native.read_vectors),
    Answer.OPENAI_CHAT: (openai.read_chunk, openai.read_unary),
    Answer.OPENAI_COMPLETION: (openai.read_chunk, openai.read_unary),
    Answer.OPENAI_EMBEDDINGS: (openai.read_vectors, openai.read_vectors),
    Answer.TRANSCRIPTION: (openai.read_transcript, openai.read_transcript),
    Answer.RESPONSES: (responses.read_event, responses.read_unary),
    Answer.MESSAGES: (anthropic.read_event, anthropic.read_unary),
}

_WITH_VECTORS = frozenset({Answer.EMBED, Answer.EMBEDDINGS, Answer.OPENAI_EMBEDDINGS})
_WITH_END_EVENT = frozenset({Answer.OPENAI_CHAT, Answer.OPENAI_COMPLETION})
_OPERATIONS = frozenset({"load", "unload"})


class StreamMeter:
    """Reads a copy of one answer as it passes. Never raises for what the bytes hold.

    Units: all instants and gaps are seconds of the caller's clock.
    """

    first_output: float | None = None
    """When the first content, thinking or tool call arrived. None for a unary answer."""
    first_output_kind: Output | None = None
    first_answer: float | None = None
    """When the first output arrived that was not thinking."""
    last_output: float | None = None
    outputs = 0
    """Records with output. A record may hold several tokens: these are no token counts."""
    thinking_outputs = 0
    thinking_characters = 0
    """Of unary answers as well."""
    is_thinking = False
    """The last output was thinking."""
    max_gap_seconds: float | None = None
    """Largest time between two records with output; None before the second."""
    model: str | None = None
    is_ended = False
    """The dialect's end marker was seen: the answer is whole."""
    saw_error = False
    """A record said that the upstream failed, inside an answer that had begun."""
    done_reason: str | None = None
    usage: Usage | None = None
    is_remote = False
    """The answer says that another host generated it."""
    unreadable = 0
    """Records that are no JSON, or not of the dialect's frame."""
    too_long = 0
    """Records that were skipped because they were longer than the limit."""

    def __init__(self, answer: Answer, framing: Framing) -> None:
        self.framing = framing
        self._is_streamed = framing is not Framing.JSON
        self._read = _READERS[answer][0 if self._is_streamed else 1]
        is_whole = answer in _WITH_VECTORS and not self._is_streamed
        self._splitter = VectorSplitter() if is_whole else splitter_for(framing)
        self._split = self._splitter.feed
        self._end = openai.END if answer in _WITH_END_EVENT else None
        self.is_usage_optional = answer in _WITH_END_EVENT and self._is_streamed
        """The answer carries token counts only where the request asked for them."""

    @property
    def problems(self) -> dict[str, int]:
        """What could not be read: reason to count."""
        return problems(self.unreadable, self.too_long)

    @property
    def is_operation(self) -> bool:
        """It loaded or unloaded a model, and generated nothing."""
        return self.done_reason in _OPERATIONS

    def feed(self, instant: float, data: bytes) -> None:
        """Take note of `data`, which arrived at `instant`."""
        for found in self._split(data):
            self._note(instant, found)

    def finish(self, instant: float) -> None:
        """Take note that the body has ended; what was not closed by a newline counts too."""
        for found in self._splitter.finish():
            self._note(instant, found)
        self.too_long += self._splitter.overflows

    def _note(self, instant: float, data: bytes) -> None:
        try:
            record = self._read(data)
        except UNREADABLE:
            self._note_unreadable(data)
            return
        if record.output is not None and self._is_streamed:
            self._note_output(instant, record.output)
        if record.thinking_characters:
            self.thinking_characters += record.thinking_characters
        if self.model is None and record.model:
            self.model = record.model
        if record.closing is not None:
            self._note_closing(record.closing)

    def _note_output(self, instant: float, kind: Output) -> None:
        self.outputs += 1
        if kind is _THINKING:
            self.is_thinking = True
            self.thinking_outputs += 1
        else:
            self.is_thinking = False
            if self.first_answer is None:
                self.first_answer = instant
        last = self.last_output
        self.last_output = instant
        if last is None:
            self.first_output = instant
            self.first_output_kind = kind
        elif self.max_gap_seconds is None or instant - last > self.max_gap_seconds:
            self.max_gap_seconds = instant - last

    def _note_closing(self, closing: Closing) -> None:
        self.is_ended = self.is_ended or closing.is_end
        self.saw_error = self.saw_error or closing.is_error
        self.done_reason = closing.done_reason or self.done_reason
        self.usage = closing.usage or self.usage
        if closing.is_remote:
            self.is_remote = True

    def _note_unreadable(self, data: bytes) -> None:
        if data == self._end:
            self.is_ended = True
        elif data and not data.isspace():
            self.unreadable += 1
