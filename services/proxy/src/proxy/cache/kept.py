"""A store behind bounds: one that is slow, or down, costs nobody more than a miss.

After a failure it is not asked for a moment, so that not every request waits for it in vain.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from proxy.cache.entries import Entry, Near
from proxy.cache.stores.store import Held, Store, StoreError

T = TypeVar("T")

ASK_SECONDS = 0.1
"""Longest wait for what a request waits for."""
KEEP_SECONDS = 5.0
"""Longest wait for what no request waits for."""
REST_SECONDS = 2.0

_log = structlog.stdlib.get_logger("proxy.cache")


class Kept:
    """The store as the cache uses it: nothing raises. `on_error` is called for each failure."""

    def __init__(
        self,
        store: Store,
        on_error: Callable[[], None],
        wall_clock: Callable[[], float],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._on_error = on_error
        self._now = wall_clock
        self._clock = clock
        self._rests_until = 0.0
        self._is_down = False

    async def get(self, key: bytes) -> Entry | None:
        """An entry, where it can be had in time."""
        return await self._asked(lambda: self._store.get(key, self._now()), None, ASK_SECONDS)

    async def near(self, bucket: bytes) -> Sequence[tuple[bytes, bytes]]:
        """Keys and vectors of a bucket, where they can be had in time."""
        return await self._asked(lambda: self._store.near(bucket, self._now()), (), ASK_SECONDS)

    async def put(self, key: bytes, entry: Entry, near: Near | None) -> None:
        """Keep an entry, if that can be done."""
        now = self._now()
        await self._asked(lambda: self._store.put(key, entry, near, now), None, KEEP_SECONDS)

    async def held(self) -> Held | None:
        """What is held, where it can be said in time."""
        return await self._asked(self._store.held, None, ASK_SECONDS)

    async def clear(self) -> int:
        """Forget everything; how many entries there were. Raises: StoreError."""
        async with asyncio.timeout(KEEP_SECONDS):
            return await self._store.clear()

    async def close(self) -> None:
        """Let go of it."""
        await self._store.close()

    async def _asked(
        self, ask: Callable[[], Awaitable[T]], otherwise: T, within_seconds: float
    ) -> T:
        if self._clock() < self._rests_until:
            return otherwise
        try:
            async with asyncio.timeout(within_seconds):
                found = await ask()
        except (StoreError, TimeoutError) as error:
            self._failed(error, within_seconds)
            return otherwise
        if self._is_down:
            self._is_down = False
            _log.info("cache_store_back")
        return found

    def _failed(self, error: Exception, within_seconds: float) -> None:
        self._rests_until = self._clock() + REST_SECONDS
        self._on_error()
        if not self._is_down:
            self._is_down = True
            late = isinstance(error, TimeoutError)
            reason = f"nothing within {within_seconds:g} s" if late else str(error)
            _log.warning(
                "cache_store_lost", reason=reason, advice="requests are answered as misses"
            )
