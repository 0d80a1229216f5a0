"""Who a request is: its id, and the trace that it belongs to.

Both come from the client and go into headers, log lines and exemplars, so only what is
harmless in all of them is taken.
"""

import re
import secrets
from itertools import count

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(
    rb"(?:(00)|(?!00|ff)[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})"
    rb"(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?(1)|(?:-[\x21-\x7e]*)?)"
)


class RequestIds:
    """The ids of one process's requests: the client's own, else new ones."""

    def __init__(self) -> None:
        # random once a process and counted on: a random number a request costs more
        self._prefix = secrets.token_hex(8)
        self._numbers = count(1)

    def of(self, given: bytes | None) -> str:
        """The id that the client gave, if it can stand in a header and a log; else a new one."""
        if given and _REQUEST_ID.fullmatch(given):
            return given.decode("ascii")
        return f"{self._prefix}-{next(self._numbers):x}"


def read_traceparent(traceparent: bytes | None) -> "re.Match[bytes] | None":
    """The `trace`, `span` and `flags` of such a header; None when it is absent or not valid.

    Source: W3C Trace Context, 3.2: version ff and ids of zeros are invalid; later versions
    may carry more fields.
    """
    return _TRACEPARENT.fullmatch(traceparent.strip(b" \t")) if traceparent else None


def trace_id_of(traceparent: bytes | None) -> str:
    """The trace that a `traceparent` header names; empty when it is absent or not valid."""
    found = read_traceparent(traceparent)
    return "" if found is None else found["trace"].decode("ascii")
