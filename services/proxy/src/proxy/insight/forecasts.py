"""What was foretold of one request: how long its prompt will be read, when its output will begin.

Made when the request is sent, and not changed after: what is told later follows from it and from
the time that has passed, and never says that the prompt has been read before output says so.
"""

from typing import NamedTuple

from proxy.insight.prefixes import Fingerprint, Reuse

WATCHED_SECONDS = 0.5
"""A prompt that is read faster is not watched: nobody sees it, and little is learnt from it."""
MOST_RATIO = 0.99


class Outlook(NamedTuple):
    """What is told of a request while its prompt is read; None: nothing can be said."""

    prefill_ratio: float | None = None
    first_token_in_seconds: float | None = None
    first_token_seconds_estimate: float | None = None


NOTHING = Outlook()


class Forecast:
    """What is known of one request when its body is there, and what was foretold when it was sent.

    Instants are seconds of the relay's clock.
    """

    __slots__ = (
        "ahead",
        "began_at",
        "is_cold",
        "is_stream",
        "load_seconds",
        "prefill_seconds",
        "reuse",
        "sent_at",
        "text",
        "text_bytes",
        "was_first",
    )

    def __init__(self, text: Fingerprint, text_bytes: int, is_cold: bool, is_stream: bool) -> None:
        self.text = text
        self.text_bytes = text_bytes
        """As it is measured; long runs of one character are few tokens."""
        self.is_cold = is_cold
        """Its model is not loaded, for all we know."""
        self.is_stream = is_stream
        """Its first output will be seen."""
        self.sent_at = 0.0
        self.ahead = 0
        """So many requests must end before it has a slot."""
        self.was_first = False
        """It found a free slot."""
        self.began_at: float | None = None
        """When it had its slot; None while it has none."""
        self.reuse: Reuse | None = None
        """What of its prompt the model has read before."""
        self.prefill_seconds: float | None = None
        """None where nothing is foretold of it."""
        self.load_seconds: float | None = 0.0
        """None where the model will be loaded, and nobody has seen yet how long that takes."""

    def sent(self, at: float, ahead: int) -> None:
        """It was sent, and so many others must end before it has a slot."""
        self.sent_at, self.ahead, self.was_first = at, ahead, ahead == 0
        self.began_at = at if self.was_first else None

    @property
    def first_token_seconds(self) -> float | None:
        """From the slot to the first output; None where nothing is foretold."""
        if self.prefill_seconds is None or self.load_seconds is None:
            return None
        return self.load_seconds + self.prefill_seconds

    @property
    def is_long(self) -> bool:
        """The prompt is expected to be read for so long that it is watched."""
        return self.prefill_seconds is not None and self.prefill_seconds >= WATCHED_SECONDS

    def at(self, now: float) -> Outlook:
        """What can be told now, of a request whose output has not begun."""
        first, began_at, prefill = self.first_token_seconds, self.began_at, self.prefill_seconds
        if first is None or began_at is None or prefill is None or not self.is_stream:
            return NOTHING
        if first < WATCHED_SECONDS:
            return NOTHING
        left = first - (now - began_at)
        read = min(MOST_RATIO, max(0.0, 1 - left / prefill)) if self.is_long else None
        return Outlook(
            None if read is None else round(read, 3),
            round(max(0.0, left), 3),
            round(began_at - self.sent_at + first, 3),
        )
