"""Why a request has no whole answer from the upstream, in a sentence for an operator.

By what can still be done:

    UpstreamError
    ├── UpstreamUnreachable   no connection: nothing was sent
    ├── UpstreamTimeout       no connection within the bound: nothing was sent
    ├── UpstreamBrokeOff      the connection ended, or stopped making sense, before the answer did
    ├── OwnDefect             not the upstream's fault: asking it, or taking its answer, failed here
    └── TurnedAway            the proxy itself refused the request before it was sent
"""

import os
import socket
import ssl

from proxy.admission import Refusal

NO_HTTP = "what it answered is no HTTP that could be read"
CLOSED_EARLY = "it closed the connection before it answered"
BROKE_OFF = "the answer broke off"
OWN_DEFECT = "the proxy failed: a defect of its own"


class UpstreamError(Exception):
    """The upstream gave no whole answer. The message is a sentence for an operator."""


class UpstreamUnreachable(UpstreamError):  # noqa: N818 (the tree above reads as a sentence)
    """No connection: nothing was sent."""


class UpstreamTimeout(UpstreamError):  # noqa: N818
    """No connection within the bound: nothing was sent."""


class UpstreamBrokeOff(UpstreamError):  # noqa: N818
    """The connection ended before the answer did."""


class OwnDefect(UpstreamError):  # noqa: N818
    """A defect of ours, while the request was sent or its answer taken."""


class TurnedAway(UpstreamError):  # noqa: N818
    """The proxy refused the request on its way: nothing was sent."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def sentence_of(error: BaseException | None) -> str:
    """What an operator reads of a network error; no address and no query is in it."""
    match error:
        case None:
            return CLOSED_EARLY
        case socket.gaierror():
            return error.strerror or "its name is not known"
        case ssl.SSLError():
            reason = getattr(error, "reason", None)  # OpenSSL's own word, where it made the error
            return f"no secure connection: {reason or 'the handshake failed'}"
        case OSError(errno=int() as number):
            return os.strerror(number)
        case _:
            return type(error).__name__
