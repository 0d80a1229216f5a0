"""Puts the cache of one process together."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.tasks import meanwhile
from proxy.cache.asked import Reader
from proxy.cache.books import CacheBooks
from proxy.cache.cache import AnswerCache
from proxy.cache.control import CacheControl
from proxy.cache.digests import Digests
from proxy.cache.kept import Kept
from proxy.cache.keys import Keys
from proxy.cache.plan import Plan
from proxy.cache.rules import Rules
from proxy.cache.stores.choosing import Place, create_store, place_of, secret_of
from proxy.cache.stores.store import Bounds
from proxy.pool import UpstreamPool
from proxy.settings import ProxySettings
from proxy.shared import Shared

HELD_SECONDS = 5.0
"""How often it is said what is held."""

_log = structlog.stdlib.get_logger("proxy.cache")


@dataclass(frozen=True, slots=True)
class Made:
    """A cache, and what keeps it going. `has_gauges`: this process says what is held."""

    cache: AnswerCache
    books: CacheBooks
    has_gauges: bool
    every_seconds: float = HELD_SECONDS

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Say what is held while the block runs; then let go of the store."""
        try:
            async with meanwhile(self._tell(), name="tell what the cache holds"):
                yield
        finally:
            await self.cache.close()

    async def _tell(self) -> None:
        while self.has_gauges:
            try:
                await self.cache.follow_epoch()
                held = await self.cache.kept.held()
                if held is not None:
                    self.books.held(held)
            except Exception as error:  # noqa: BLE001 (the next time it may work)
                _log.error("cache_failed", error=type(error).__name__)
            await asyncio.sleep(self.every_seconds)


def create_cache(
    settings: ProxySettings,
    plan: Plan,
    ledger: Ledger,
    digests: Digests,
    pool: UpstreamPool,
    shared: Shared,
    index: int = 0,
    wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (an instant, no interval)
) -> Made:
    """The cache of the `index`-th process. Raises: ValueError, OSError for wrong settings."""
    place = place_of(settings.cache_store)
    books = CacheBooks(ledger)
    ledger.put(m.INFO, 1, (plan.mode, place.kind))
    bounds = bounds_of(settings, plan)
    secret = secret_of(place, settings.cache_secret.get_secret_value())
    kept = Kept(create_store(place, bounds, books.gone), lambda: books.failed("store"), wall_clock)
    rules, keys = rules_of(settings), Keys(secret)
    reader, nearest = Reader(keys, rules, None), None
    if plan.is_semantic:  # NumPy only where it is needed
        from proxy.cache.semantic.guards import guard
        from proxy.cache.semantic.making import create_nearest

        reader = Reader(keys, rules, guard)
        nearest = create_nearest(settings, pool, digests, keys, kept.near, ledger, books)
    is_own = place.kind == Place.MEMORY
    cache = AnswerCache(
        rules,
        reader,
        kept,
        digests,
        books,
        nearest,
        epoch=lambda: shared.cache_epoch,
        is_own=is_own,
        wall_clock=wall_clock,
    )
    # what several processes share one of them tells, or it would be there more than once
    return Made(cache, books, has_gauges=is_own or index == 0)


def create_cache_control(
    settings: ProxySettings, plan: Plan, shared: Shared, empty: Callable[[], Awaitable[int]] | None
) -> CacheControl:
    """What an operator asks. Raises: ValueError."""
    place, bounds = place_of(settings.cache_store), bounds_of(settings, plan)
    return CacheControl(
        plan, place, shared, empty, lambda: create_store(place, bounds, lambda _cause, _count: None)
    )


def bounds_of(settings: ProxySettings, plan: Plan) -> Bounds:
    """What the store keeps at most."""
    return Bounds(settings.cache_max_entries, settings.cache_max_bytes, plan.max_age_seconds)


def rules_of(settings: ProxySettings) -> Rules:
    """What the settings say, without what belongs to the store."""
    return Rules(
        request_limit_bytes=settings.cache_max_request_bytes,
        answer_limit_bytes=settings.cache_max_answer_bytes,
        is_shared_by_callers=settings.cache_shared_by_callers,
        shares_flights=settings.cache_share_in_flight,
        keeps_pace=settings.cache_replay == "recorded",
        user_header=settings.user_header.strip().lower().encode("latin-1"),
        request_id_header=settings.request_id_header.encode("latin-1"),
    )
