"""Why access refuses a request: what its client is told, and the word of the metric. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from proxy.admission import Refusal, retry_after
from proxy.outcomes import Ending

NOT_THIS_MODEL = "this key is not good for the model that was asked for"
_UNCLEAR = "this key is good for certain models, and it is not certain which one is asked for"
_CHALLENGE = (b'WWW-Authenticate: Bearer realm="ollama"',)


class Reason(StrEnum):
    """The value of the label `reason`."""

    MISSING = "missing"
    """There is no key."""
    UNKNOWN = "unknown"
    """The key is nobody's."""
    EXPIRED = "expired"
    MODEL = "model"
    """The key is not good for this model, or it cannot be told which one is asked for."""
    MANAGE = "manage"
    """The key may not manage."""
    USER = "user"
    """A trusted address names a user, and it cannot be read whom."""
    REQUESTS = "requests"
    TOKENS = "tokens"
    IN_FLIGHT = "in_flight"
    RETURN_LEG = "return_leg"
    """It came to the return leg and belongs to no request of the proxy's."""


_ENDINGS = {
    Reason.MISSING: Ending.REFUSED_KEY,
    Reason.UNKNOWN: Ending.REFUSED_KEY,
    Reason.EXPIRED: Ending.REFUSED_KEY,
    Reason.REQUESTS: Ending.REFUSED_LIMIT,
    Reason.TOKENS: Ending.REFUSED_LIMIT,
    Reason.IN_FLIGHT: Ending.REFUSED_LIMIT,
}


class Denial(Refusal):
    """A refusal of access's own."""

    def __init__(self, reason: Reason, said: str, retry_after_seconds: int | None = None) -> None:
        ending = _ENDINGS.get(reason, Ending.REFUSED_ACCESS)
        lines: Sequence[bytes] = _CHALLENGE if ending is Ending.REFUSED_KEY else ()
        if retry_after_seconds is not None:
            lines = (retry_after(retry_after_seconds),)
        super().__init__(ending, said, lines)
        self.reason = reason


def unclear(why: Exception) -> Denial:
    """The denial of what may ask any model, for a key that may not."""
    return Denial(Reason.MODEL, f"{_UNCLEAR}: {why}")
