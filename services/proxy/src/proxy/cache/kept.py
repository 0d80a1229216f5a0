"""A store behind bounds: one that is slow, or down, costs nobody more than a miss.

After a failure it is not asked for a moment, so that not every request waits for it in vain.
Asking and keeping fail each on their own: on a full disk what is there is still found.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from proxy.cache.entries import Entry, Near
from proxy.cache.outages import Outage
from proxy.cache.stores.store import Held, Store, StoreError

T = TypeVar("T")

ASK_SECONDS = 0.1
"""Longest wait for what a request waits for."""
KEEP_SECONDS = 5.0
"""Longest wait for what no request waits for."""
CLEAR_SECONDS = 30.0
CLOSE_SECONDS = 2.0
REST_SECONDS = 2.0

_log = structlog.stdlib.get_logger("proxy.cache")


class _Gate:
    """One kind of asking, with an end to each wait. `doing` is what the log calls it."""

    def __init__(
        self,
        doing: str,
        within_seconds: float,
        on_error: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._doing = doing
        self._within_seconds = within_seconds
        self._on_error = on_error
        self._outage = Outage(REST_SECONDS, clock)

    async def asked(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """What is answered in time; `otherwise` where nothing is, or nobody asks just now."""
        if self._outage.is_resting:
            self._on_error()
            return otherwise
        try:
            async with asyncio.timeout(self._within_seconds):
                found = await ask()
        except (StoreError, TimeoutError) as error:
            self._failed(error)
            return otherwise
        if self._outage.worked():
            _log.info("cache_store_back", doing=self._doing)
        return found

    def _failed(self, error: Exception) -> None:
        self._on_error()
        if self._outage.failed():
            _log.warning(
                "cache_store_lost",
                doing=self._doing,
                reason=_reason(error, self._within_seconds),
                advice="requests are answered as misses, or what is answered is not kept",
            )


class Kept:
    """The store as the cache uses it. `on_error` is called for each thing that was not done."""

    def __init__(
        self,
        store: Store,
        on_error: Callable[[], None],
        wall_clock: Callable[[], float],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._now = wall_clock
        self._asking = _Gate("ask", ASK_SECONDS, on_error, clock)
        self._keeping = _Gate("keep", KEEP_SECONDS, on_error, clock)

    async def get(self, key: bytes) -> Entry | None:
        """An entry, where it can be had in time."""
        return await self._asking.asked(lambda: self._store.get(key, self._now()), None)

    async def near(self, bucket: bytes) -> Sequence[tuple[bytes, bytes]]:
        """Keys and vectors of a bucket, where they can be had in time."""
        return await self._asking.asked(lambda: self._store.near(bucket, self._now()), ())

    async def put(self, key: bytes, entry: Entry, near: Near | None) -> bool | None:
        """Keep an entry, if that can be done; whether it is kept, or too large. None: it failed."""

        async def put() -> bool | None:
            return await self._store.put(key, entry, near, self._now())

        return await self._keeping.asked(put, None)

    async def held(self) -> Held | None:
        """What is held, where it can be said; nobody misses it otherwise."""
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                return await self._store.held(self._now())
        except (StoreError, TimeoutError):
            return None

    async def clear(self) -> int:
        """Forget everything; how many entries there were. Raises: StoreError."""
        try:
            async with asyncio.timeout(CLEAR_SECONDS):
                return await self._store.clear()
        except TimeoutError as error:
            raise StoreError(_reason(error, CLEAR_SECONDS)) from None

    async def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._store.close()


def _reason(error: Exception, within_seconds: float) -> str:
    return str(error) if isinstance(error, StoreError) else f"nothing within {within_seconds:g} s"
