"""How many requests may be in flight: one limit for all relay processes of a proxy."""

from collections.abc import Sequence

from proxy.outcomes import Ending
from proxy.shared import Shared


class Refusal(Exception):  # noqa: N818 (it refuses, nothing failed)
    """A request does not go through. The message is what its client is told."""

    def __init__(self, ending: Ending, said: str, lines: Sequence[bytes] = ()) -> None:
        """`lines`: header fields of the answer that refuses."""
        super().__init__(said)
        self.ending = ending
        self.lines = lines


def retry_after(seconds: int) -> bytes:
    """The header field that asks a client to wait."""
    return b"Retry-After: %d" % seconds


class Admission:
    """Lets requests in as long as all processes together are below the limit; 0 is no limit.

    Each process writes only its own count, at `index`. Two of them may let a request in at the
    same instant: the limit is kept to within the number of processes. `retry_after_seconds`: what
    is told who is refused.
    """

    def __init__(
        self, limit: int, shared: Shared, index: int = 0, retry_after_seconds: int = 1
    ) -> None:
        self._limit = limit
        self._lines = (retry_after(retry_after_seconds),)
        self._numbers = shared.in_flight
        self._index = index

    def enter(self) -> Refusal | None:
        """Let a request in, or say why not."""
        if not self._limit:
            return None
        if sum(self._numbers) >= self._limit:
            said = f"the proxy has {self._limit} requests in flight, its limit: try again later"
            return Refusal(Ending.REFUSED_BUSY, said, self._lines)
        self._numbers[self._index] += 1
        return None

    def leave(self) -> None:
        """A request that was let in has ended."""
        if self._limit:
            self._numbers[self._index] -= 1
