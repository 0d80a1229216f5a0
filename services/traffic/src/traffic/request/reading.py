"""One answer as its bytes come: to the facts of an attempt. No I/O.

Whoever reads the bytes, and by which library, sees the same facts.
"""

from array import array
from typing import Protocol

from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from traffic.choices import Api
from traffic.lines import one_line
from traffic.request import portkey
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import ANSWERS, ReplyText, error_message
from traffic.request.quoting import is_quoted

AS_PLANNED = "as planned"
UNSHOWN = "what the server said repeats the question, and is not shown"

LONGEST_REASON = 100
REPORTED = "the server reported an error inside its answer"

ERROR_LIMIT_BYTES = 64 * 1024
"""An error is a sentence; what is longer is somebody's web page."""


class Body(Protocol):
    """What the bytes of an answer are given to."""

    def feed(self, instant: float, data: bytes) -> bool:
        """Take the next bytes; whether the answer is now left."""

    def finish(self, instant: float) -> None:
        """The body has ended."""

    def note(self) -> None:
        """Write down what was seen: called at the end, be it good or bad."""

    def judged(self) -> str:
        """The text of an answer whose body ended cleanly, which may still be no whole answer."""


class Reading:
    """An answer with success, as it streams."""

    def __init__(self, attempt: Attempt, api: Api, framing: Framing) -> None:
        self._attempt = attempt
        self._cancel_after = attempt.cancel_after_chunks
        self._meter = StreamMeter(ANSWERS[api], framing)
        self._reply = ReplyText(framing)

    def feed(self, instant: float, data: bytes) -> bool:
        """Take the next bytes; whether the answer is now left, as the plan wants it."""
        attempt, meter = self._attempt, self._meter
        if attempt.first_byte is None:
            attempt.first_byte = instant
        outputs, last = meter.outputs, meter.last_output
        meter.feed(instant, data)
        self._reply.feed(data)
        if meter.outputs == outputs:
            return False
        _note_gaps(attempt.gaps_seconds, instant, last, meter.outputs - outputs)
        if self._cancel_after is None or meter.outputs < self._cancel_after:
            return False
        attempt.is_cancelled, attempt.detail = True, AS_PLANNED
        return True

    def finish(self, instant: float) -> None:
        """The body has ended."""
        self._meter.finish(instant)

    def note(self) -> None:
        """Write down what was seen."""
        attempt, meter = self._attempt, self._meter
        attempt.chunks = meter.outputs
        attempt.first_content = meter.first_output
        attempt.first_output = meter.first_answer
        attempt.last_content = meter.last_output
        attempt.usage = meter.usage
        attempt.done_reason = meter.done_reason and one_line(meter.done_reason, LONGEST_REASON)

    def judged(self) -> str:
        """The text of an answer whose body ended cleanly, which may still be no whole answer."""
        if not self._attempt.is_cancelled:
            if self._meter.saw_error:
                fail(self._attempt, Failure.STREAM_ERROR, REPORTED)
            elif not self._meter.is_ended:
                said = "the answer ended without its end marker"
                fail(self._attempt, Failure.BROKE_OFF, said)
        return self._reply.finish()


class Refusal:
    """An answer without success, to which the request `sent` led. Its beginning is kept.

    `redirected` is what is said of a redirect, in place of the server's words.
    """

    def __init__(self, attempt: Attempt, sent: bytes, redirected: str | None) -> None:
        self._attempt = attempt
        self._sent = sent
        self._redirected = redirected
        self._body = bytearray()

    def feed(self, _instant: float, data: bytes) -> bool:
        """Take the next bytes; whether there are enough of them."""
        self._body += data
        return len(self._body) > ERROR_LIMIT_BYTES

    def finish(self, instant: float) -> None:
        """The body has ended."""

    def note(self) -> None:
        """Nothing is known before the whole is judged."""

    def judged(self) -> str:
        """Note the refusal; there is no text."""
        attempt, body = self._attempt, bytes(self._body[:ERROR_LIMIT_BYTES])
        # some of the gateway's own errors carry none of its headers
        attempt.has_portkey_sign = attempt.has_portkey_sign or portkey.complaint(body) is not None
        said = self._redirected or error_message(body)
        fail(attempt, Failure.HTTP_STATUS, UNSHOWN if is_quoted(said, self._sent) else said)
        return ""


def _note_gaps(gaps: "array[float]", instant: float, last: float | None, outputs: int) -> None:
    """Note the gaps before so many pieces that came together at `instant`."""
    if last is not None:
        gaps.append(instant - last)
    for _ in range(outputs - 1):
        gaps.append(0.0)


def fail(attempt: Attempt, failure: Failure, detail: str) -> None:
    """Note a failure."""
    attempt.failure = failure
    attempt.detail = detail
