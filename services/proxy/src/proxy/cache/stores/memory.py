"""Entries in this process's memory: gone with it."""

from collections import OrderedDict
from collections.abc import Sequence

from proxy.cache.entries import Entry, Near
from proxy.cache.stores.store import Bounds, Cause, Held, Listener

_Kept = tuple[Entry, int, Near | None]
"""The entry, what it takes, and what it is found by beside its key."""


class MemoryStore:
    """A Store. The first is the one that was used least recently."""

    def __init__(self, bounds: Bounds, on_gone: Listener) -> None:
        self._bounds = bounds
        self._on_gone = on_gone
        self._entries: OrderedDict[bytes, _Kept] = OrderedDict()
        self._buckets: dict[bytes, dict[bytes, bytes]] = {}
        self._size_bytes = 0

    async def get(self, key: bytes, now: float) -> Entry | None:
        """See Store."""
        kept = self._entries.get(key)
        if kept is None:
            return None
        if self._is_old(kept[0], now):
            self._drop(key, Cause.AGE)
            return None
        self._entries.move_to_end(key)
        return kept[0]

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> None:
        """See Store."""
        if key in self._entries:
            self._drop(key, Cause.REPLACED)
        size = entry.size_bytes + (len(near.vector) if near else 0)
        if size > self._bounds.size_bytes:
            return
        self._entries[key] = entry, size, near
        self._size_bytes += size
        if near is not None:
            self._buckets.setdefault(near.bucket, {})[key] = near.vector
        self._make_room(now)

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        """See Store."""
        found = self._buckets.get(bucket, {})
        return [
            (k, vector) for k, vector in found.items() if not self._is_old(self._entries[k][0], now)
        ]

    async def clear(self) -> int:
        """See Store."""
        count = len(self._entries)
        self._entries.clear()
        self._buckets.clear()
        self._size_bytes = 0
        if count:
            self._on_gone(Cause.CLEARED, count)
        return count

    async def held(self) -> Held:
        """See Store."""
        return Held(len(self._entries), self._size_bytes)

    async def close(self) -> None:
        """See Store."""

    def _make_room(self, now: float) -> None:
        # those that nobody asks for again are too old before they are too many
        while self._entries and self._is_old(next(iter(self._entries.values()))[0], now):
            self._drop(next(iter(self._entries)), Cause.AGE)
        while len(self._entries) > self._bounds.entries:
            self._drop(next(iter(self._entries)), Cause.ENTRIES)
        while self._size_bytes > self._bounds.size_bytes:
            self._drop(next(iter(self._entries)), Cause.BYTES)

    def _drop(self, key: bytes, cause: Cause) -> None:
        _, size, near = self._entries.pop(key)
        self._size_bytes -= size
        if near is not None:
            bucket = self._buckets[near.bucket]
            del bucket[key]
            if not bucket:
                del self._buckets[near.bucket]
        self._on_gone(cause, 1)

    def _is_old(self, entry: Entry, now: float) -> bool:
        return now - entry.stored_at > self._bounds.max_age_seconds
