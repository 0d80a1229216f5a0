"""Entries in this process's memory: gone with it."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Sequence

from proxy.cache.entries import Entry, Near
from proxy.cache.stores.store import Bounds, Cause, Held, Listener, size_of

_Kept = tuple[Entry, int, Near | None]
"""The entry, what it takes, and what it is found by beside its key."""


class MemoryStore:
    """A Store. The first is the one that was used least recently."""

    def __init__(self, bounds: Bounds, on_gone: Listener) -> None:
        self._bounds = bounds
        self._on_gone = on_gone
        self._entries: OrderedDict[bytes, _Kept] = OrderedDict()
        self._ages: list[tuple[float, bytes]] = []
        """When each was recorded, the oldest first."""
        self._buckets: dict[bytes, dict[bytes, bytes]] = {}
        self._size_bytes = 0

    async def get(self, key: bytes, now: float) -> Entry | None:
        """See Store."""
        self._sweep(now)
        kept = self._entries.get(key)
        if kept is None:
            return None
        self._entries.move_to_end(key)
        return kept[0]

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        """See Store."""
        self._sweep(now)
        if key in self._entries:
            self._drop(key, Cause.REPLACED)
        size = size_of(entry, near)
        if not self._bounds.take(size):
            return False
        self._entries[key] = entry, size, near
        self._size_bytes += size
        insort(self._ages, (entry.stored_at, key))
        if near is not None:
            self._buckets.setdefault(near.bucket, {})[key] = near.vector
        self._sweep(now)
        while len(self._entries) > self._bounds.entries:
            self._drop(next(iter(self._entries)), Cause.ENTRIES)
        while self._size_bytes > self._bounds.size_bytes:
            self._drop(next(iter(self._entries)), Cause.BYTES)
        return True

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        """See Store."""
        self._sweep(now)
        return list(self._buckets.get(bucket, {}).items())

    async def clear(self) -> int:
        """See Store."""
        count = len(self._entries)
        for held in (self._entries, self._ages, self._buckets):
            held.clear()
        self._size_bytes = 0
        if count:
            self._on_gone(Cause.CLEARED, count)
        return count

    async def held(self, now: float) -> Held:
        """See Store."""
        self._sweep(now)
        return Held(len(self._entries), self._size_bytes)

    async def close(self) -> None:
        """See Store."""

    def _sweep(self, now: float) -> None:
        """Drop what is too old."""
        oldest = self._bounds.oldest(now)
        while self._ages and self._ages[0][0] < oldest:
            self._drop(self._ages[0][1], Cause.AGE)

    def _drop(self, key: bytes, cause: Cause) -> None:
        entry, size, near = self._entries.pop(key)
        self._size_bytes -= size
        del self._ages[bisect_left(self._ages, (entry.stored_at, key))]
        if near is not None:
            bucket = self._buckets[near.bucket]
            del bucket[key]
            if not bucket:
                del self._buckets[near.bucket]
        self._on_gone(cause, 1)
