"""An answer on its way to the cache: taken down and read as it passes, judged when it has ended.

Read at once at its end, a long one would hold up every other for many milliseconds.
"""

from collections.abc import Callable
from enum import StrEnum

from ollama_observe.wire.endpoints import Endpoint
from ollama_observe.wire.framing import framing_of
from ollama_observe.wire.meter import StreamMeter
from proxy.bodies import Body, ChunkedBody, LengthBody, MalformedBody
from proxy.cache.entries import Entry, a_mark
from proxy.headers import is_plain, lines_without, value_of
from proxy.heads import ResponseHead
from proxy.portkey.fields import PREFIX

# What is of one passage, and would be said of another: a session that begins is one client's, and
# what the gateway says of itself would be said to who did not ask by way of it.
_OF_ONE = (b"set-cookie", b"age")


class Unfit(StrEnum):
    """Why an answer is not kept. The value is the label's."""

    STATUS = "status"
    """It is no 200."""
    ENCODED = "encoded"
    """It is compressed, for one client alone."""
    TOO_LONG = "too_long"
    INCOMPLETE = "incomplete"
    """Its end marker was not seen, or it told of an error."""
    OPERATION = "operation"
    """It loaded or unloaded a model."""
    NOT_WANTED = "not_wanted"
    """Its client said so."""


class Recording:
    """One answer. `sent_at` and `at` are seconds of the relay's clock, `wall_clock` Unix time."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        limit_bytes: int,
        sent_at: float,
        request_id_header: bytes,
        wall_clock: Callable[[], float],
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._limit_bytes = limit_bytes
        self._sent_at = sent_at
        self._dropped = (*_OF_ONE, request_id_header.lower())
        self._wall_clock = wall_clock
        self._head: ResponseHead | None = None
        self._pieces: list[bytes] = []
        self._marks = bytearray()
        self._body: Body = LengthBody(0)
        self._meter: StreamMeter | None = None
        self._size = 0
        self._ended_at = sent_at
        self._entry: Entry | None = None
        self.unfit: Unfit | None = None
        """Why it will not be kept; None as long as it may be."""

    def begin(self, head: ResponseHead) -> None:
        """The head has come."""
        self._head = head
        if self.unfit is not None:
            return
        if head.status != 200:
            self.unfit = Unfit.STATUS
        elif not is_plain(head.headers):
            self.unfit = Unfit.ENCODED
        elif head.is_endless:  # it says of itself that nobody knows whether it is whole
            self.unfit = Unfit.INCOMPLETE
        else:
            self._body = ChunkedBody() if head.is_chunked else LengthBody(head.length or 0)
            framing = framing_of(value_of(head.headers, b"content-type"))
            if framing is not None:
                self._meter = StreamMeter(self._endpoint.answer, framing)

    def add(self, at: float, raw: bytes) -> None:
        """Bytes of the body came."""
        if self.unfit is not None:
            return
        self._ended_at = at
        if not raw:
            return
        self._size += len(raw)
        if self._size > self._limit_bytes:
            self.spoil(Unfit.TOO_LONG)
            return
        self._pieces.append(raw)
        self._marks += a_mark(int((at - self._sent_at) * 1000), len(raw))
        self._read(raw)

    def spoil(self, why: Unfit) -> None:
        """It is not to be kept."""
        if self.unfit is None:
            self.unfit = why
        self._pieces, self._marks, self._meter = [], bytearray(), None

    def entry(self) -> Entry | None:
        """The whole answer, where it is one that may be kept; else `unfit` says why not."""
        if self._entry is None and self.unfit is None and self._head is not None:
            self._entry = self._made(self._head, b"".join(self._pieces))
        return self._entry

    def _made(self, head: ResponseHead, body: bytes) -> Entry | None:
        meter = self._meter
        if meter is not None:
            meter.finish(0.0)
        if meter is None or not (self._body.is_done and _is_whole(meter)):
            self.spoil(Unfit.INCOMPLETE)
            return None
        if meter.is_operation:
            self.spoil(Unfit.OPERATION)
            return None
        usage = meter.usage
        return Entry(
            model=self._model,
            endpoint=self._endpoint.template,
            status_line=head.status_line,
            lines=[
                line
                for line in lines_without(head.passing, self._dropped)
                if not line.lower().startswith(PREFIX)
            ],
            body=body,
            marks=bytes(self._marks),
            stored_at=self._wall_clock(),
            seconds=max(0.0, self._ended_at - self._sent_at),
            prompt_tokens=(usage.prompt_tokens or 0) if usage else 0,
            generated_tokens=(usage.generated_tokens or 0) if usage else 0,
        )

    def _read(self, raw: bytes) -> None:
        meter = self._meter
        if meter is None:
            return
        try:
            pieces, _ = self._body.feed(raw)
        except MalformedBody:
            self.spoil(Unfit.INCOMPLETE)
            return
        for piece in pieces:
            meter.feed(0.0, piece)


def _is_whole(meter: StreamMeter) -> bool:
    """Whether the answer that was read is one, to its end."""
    return meter.is_ended and not meter.saw_error and not meter.problems
