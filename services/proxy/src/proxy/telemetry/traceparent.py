"""W3C Trace Context: what a request brings, and what goes on in its place.

The ids that begin here are random, each bit of them, as the second level of the specification's
`random` flag says. Source: W3C Trace Context, level 2, 3.2 to 3.4 and 4.
"""

import random
from collections.abc import Callable

import msgspec

from proxy.identity import read_traceparent

TRACEPARENT = b"traceparent"
TRACESTATE = b"tracestate"

_SAMPLED, _RANDOM = 1, 2
_RATIO_BITS = 56
"""So many bits of a trace's id decide on whether it is recorded, the same everywhere."""


class Context(msgspec.Struct, frozen=True, gc=False):
    """One span of ours, before anything is known of it. Ids are hex digits.

    `parent_id` is empty where the trace begins here. `state` is what other vendors keep of it:
    `tracestate`, as it came.
    """

    trace_id: str
    span_id: str
    parent_id: str
    flags: int
    state: str = ""

    @property
    def is_sampled(self) -> bool:
        """Whether its span is sent."""
        return bool(self.flags & _SAMPLED)

    @property
    def traceparent(self) -> bytes:
        """What the upstream is told, whose parent this span is."""
        return b"00-%s-%s-%02x" % (self.trace_id.encode(), self.span_id.encode(), self.flags)


class Contexts:
    """Makes the contexts of one process. `ratio`: which share of new traces is recorded."""

    def __init__(self, ratio: float, random_bytes: Callable[[int], bytes] | None = None) -> None:
        self._bytes = random_bytes or random.Random().randbytes
        self._least = round((1.0 - ratio) * (1 << _RATIO_BITS))

    def of(self, traceparent: bytes | None, tracestate: str = "") -> Context:
        """The context of a request; one that brings nothing valid begins a trace."""
        found = read_traceparent(traceparent)
        if found is None:
            return self._begun()
        trace_id, parent_id, flags = found.group("trace", "span", "flags")
        known = int(flags, 16) & (_SAMPLED | _RANDOM)
        return Context(trace_id.decode(), self._id(8), parent_id.decode(), known, tracestate)

    def _begun(self) -> Context:
        trace_id = self._id(16)
        is_sampled = not self._least or int(trace_id[-_RATIO_BITS // 4 :], 16) >= self._least
        return Context(trace_id, self._id(8), "", _RANDOM | is_sampled)

    def _id(self, size: int) -> str:
        while not any(found := self._bytes(size)):  # zeros are no id
            pass
        return found.hex()
