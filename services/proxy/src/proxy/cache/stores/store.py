"""What every store can do, and how it says what it does.

A store never answers with what is older than its bound, and never keeps more than its bounds.
What is too old goes at the latest when something is kept, or when it is asked what it holds. An
entry counts with what it says of its own size, its vector's included, in every store alike.
Errors: a store raises StoreError where it cannot be asked; who asks takes that for a miss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from proxy.cache.entries import Entry, Near


class StoreError(Exception):
    """The store did not do what it was asked. The message is a sentence for an operator."""


class Cause(StrEnum):
    """Why an entry went. The value is the label's."""

    ENTRIES = "entries"
    """More than may be there: the one that was used least recently."""
    BYTES = "bytes"
    """Together they were too large: likewise. Also what a server threw away of its own accord."""
    AGE = "age"
    REPLACED = "replaced"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a store keeps at most. `max_age_seconds` counts from when an answer was recorded."""

    entries: int
    size_bytes: int
    max_age_seconds: float

    def oldest(self, now: float) -> float:
        """When an answer was recorded that may just be given: earlier ones are too old."""
        return now - self.max_age_seconds

    def take(self, size_bytes: int) -> bool:
        """Whether one of this size can be kept at all."""
        return size_bytes <= self.size_bytes


@dataclass(frozen=True, slots=True)
class Held:
    """What a store holds now."""

    entries: int
    size_bytes: int


class Listener(Protocol):
    """Told of entries that go."""

    def __call__(self, cause: Cause, count: int, /) -> None:
        """So many went."""


class Store(Protocol):
    """Keeps entries by key. Times are Unix seconds, given by who asks."""

    async def get(self, key: bytes, now: float) -> Entry | None:
        """An entry that is not too old; it counts as used. Raises: StoreError."""

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        """Keep an entry in the place of an older one; what is too much goes.

        False where it is too large to be kept; the older one goes all the same. Raises: StoreError.
        """

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        """Key and vector of each entry of a bucket that is not too old. Raises: StoreError."""

    async def clear(self) -> int:
        """Forget everything; how many entries there were. Raises: StoreError."""

    async def held(self, now: float) -> Held:
        """What is held now, without what is too old. Raises: StoreError."""

    async def close(self) -> None:
        """Let go of files and connections. What is kept stays where it outlives the process."""


def size_of(entry: Entry, near: Near | None) -> int:
    """What an entry counts for."""
    return entry.size_bytes + (near.size_bytes if near is not None else 0)
