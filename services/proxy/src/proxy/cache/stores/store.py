"""What every store can do, and how it says what it does.

A store never answers with what is older than its bound, and never keeps more than its bounds.
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
    """Together they were too large: likewise."""
    AGE = "age"
    REPLACED = "replaced"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a store keeps at most. `max_age_seconds` counts from when an answer was recorded."""

    entries: int
    size_bytes: int
    max_age_seconds: float


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

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> None:
        """Keep an entry in the place of an older one; what is too much goes. Raises: StoreError."""

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        """Key and vector of each entry of a bucket that is not too old. Raises: StoreError."""

    async def clear(self) -> int:
        """Forget everything; how many entries there were. Raises: StoreError."""

    async def held(self) -> Held:
        """What is held now. Raises: StoreError."""

    async def close(self) -> None:
        """Let go of files and connections. What is kept stays where it outlives the process."""
