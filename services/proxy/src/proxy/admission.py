"""How many requests may be in flight: one limit for all relay processes of a proxy."""

import mmap
import os

from ollama_observe.metrics.memory import unlinked_file
from proxy.outcomes import Ending

MOST_PROCESSES = 64
_BYTES = MOST_PROCESSES * 8


class Refusal(Exception):  # noqa: N818 (it refuses, nothing failed)
    """A request does not go through. The message is what its client is told."""

    def __init__(self, ending: Ending, said: str) -> None:
        super().__init__(said)
        self.ending = ending


class Counts:
    """The requests in flight of each process, in memory that all processes of a proxy share."""

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = unlinked_file() if descriptor is None else descriptor
        if descriptor is None:
            os.ftruncate(self.descriptor, _BYTES)
        self.numbers = memoryview(mmap.mmap(self.descriptor, _BYTES)).cast("q")


class Admission:
    """Lets requests in as long as all processes together are below the limit; 0 is no limit.

    Each process writes only its own count, at `index`. Two of them may let a request in at the
    same instant: the limit is kept to within the number of processes.
    """

    def __init__(self, limit: int, counts: Counts, index: int = 0) -> None:
        self._limit = limit
        self._numbers = counts.numbers
        self._index = index

    def enter(self) -> Refusal | None:
        """Let a request in, or say why not."""
        if self._limit and sum(self._numbers) >= self._limit:
            said = f"the proxy has {self._limit} requests in flight, its limit: try again later"
            return Refusal(Ending.REFUSED_BUSY, said)
        self._numbers[self._index] += 1
        return None

    def leave(self) -> None:
        """A request that was let in has ended."""
        self._numbers[self._index] -= 1
