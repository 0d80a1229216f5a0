"""What the relay processes of one proxy share beside their metrics: a little memory.

Every number is one aligned word, stored whole, so there are no locks.
"""

import math
import mmap
import os
import weakref
from hashlib import blake2b

from ollama_observe.metrics.memory import unlinked_file

MOST_PROCESSES = 64
MOST_MODELS = 512
_WORD = 8


def word_of(name: str) -> int:
    """A name's hash as a word of such memory; never 0, which says that nobody is there."""
    return int.from_bytes(blake2b(name.encode(), digest_size=_WORD).digest(), signed=True) or 1


class GatewayState:
    """What the last question to the Portkey gateway showed, told by one process to all.

    Two instants in seconds of the clock that all processes of a system share, 0 for never, and
    whether there is a gateway at all.
    """

    def __init__(self, numbers: "memoryview[float]") -> None:
        self._numbers = numbers

    def tell(self, at: float, is_up: bool) -> None:
        """It was asked at `at`."""
        self._numbers[0 if is_up else 1] = at

    def is_there(self) -> None:
        """A gateway was found: it is used from now on."""
        self._numbers[2] = 1.0

    @property
    def is_known(self) -> bool:
        """One was found, be it down by now."""
        return bool(self._numbers[2])

    @property
    def is_down(self) -> bool:
        """It gave no answer when it was last asked."""
        return bool(self._numbers[1] > self._numbers[0])

    @property
    def silent_seconds(self) -> float:
        """From its last answer to the latest question that it left open; 0 while it answers."""
        if not self.is_down:
            return 0.0
        return self._numbers[1] - self._numbers[0] if self._numbers[0] else math.inf


class ModelChanges:
    """That models changed by way of one process, told by each to all.

    Each process counts at its own place, so that none of what happens at once is lost.
    """

    def __init__(self, numbers: "memoryview[int]", index: int) -> None:
        self._numbers = numbers
        self._index = index

    @property
    def mark(self) -> bytes:
        """What has happened so far: another mark says that something has happened since."""
        return self._numbers.tobytes()

    def happened(self) -> None:
        """Models are changing, or have changed."""
        self._numbers[self._index] += 1


class Shared:
    """The memory behind a descriptor, or new memory; all zeros at first.

    `in_flight`: requests, one number a process, which it alone writes. Then three numbers a
    model, at the same place in each: `models` says whose they are, by the hash of a name;
    `used_at` and `loaded_at` are seconds of the clock that all processes of a system share.
    `gateway` is what one process has found out for all, `cache_epoch` how often the answer cache
    was emptied, `model_changes` that models changed. `access` are the numbers of those who bring
    keys, as many as were asked for: none where nobody is asked for a key.
    """

    def __init__(self, descriptor: int | None = None, access_bytes: int = 0) -> None:
        size = (2 * MOST_PROCESSES + 3 * MOST_MODELS + 4) * _WORD
        self.descriptor = unlinked_file() if descriptor is None else descriptor
        if descriptor is None:
            os.ftruncate(self.descriptor, size + access_bytes)
            weakref.finalize(self, os.close, self.descriptor).atexit = False
        mapped = memoryview(mmap.mmap(self.descriptor, 0))
        memory, self.access = mapped[:size], mapped[size:].cast("q")
        ends = [(MOST_PROCESSES + number * MOST_MODELS) * _WORD for number in range(4)]
        self.in_flight = memory[: ends[0]].cast("q")
        self.models = memory[ends[0] : ends[1]].cast("q")
        self.used_at = memory[ends[1] : ends[2]].cast("d")
        self.loaded_at = memory[ends[2] : ends[3]].cast("d")
        changes = ends[3] + 3 * _WORD
        self.gateway = GatewayState(memory[ends[3] : changes].cast("d"))
        self._changes = memory[changes:-_WORD].cast("q")
        self._epochs = memory[-_WORD:].cast("q")

    def model_changes(self, index: int) -> ModelChanges:
        """Those that all processes tell of, for the `index`-th of them."""
        return ModelChanges(self._changes, index)

    @property
    def cache_epoch(self) -> int:
        """How often the answer cache was emptied."""
        return int(self._epochs[0])

    def begin_cache_epoch(self) -> None:
        """What is in the answer caches of all processes is not to be given any more."""
        self._epochs[0] += 1
