"""One process's cache, put together by the settings."""

import asyncio

import pytest

from ollama_observe.metrics.catalogue import cache as m
from proxy.cache.digests import Digests
from proxy.cache.kept import Kept
from proxy.cache.making import Made, bounds_of, create_cache, create_cache_control
from proxy.cache.plan import Plan
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds, Held
from proxy.pool import UpstreamPool
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.caching import entry
from tests.clock import Clock
from tests.ledgers import ReadLedger

PLAN = Plan("simple", 60.0)


def made(read: ReadLedger, shared: Shared, index: int = 0, **told: object) -> Made:
    settings = ProxySettings.model_validate(told)
    wall = Clock(5000.0)
    pool = UpstreamPool("http://nobody", 1.0)
    return create_cache(settings, PLAN, read.ledger, Digests({}), pool, shared, index, wall)


async def test_it_says_how_it_is_and_what_it_holds() -> None:
    read = ReadLedger()
    one = made(read, Shared())
    await one.cache.kept.put(b"k" * 32, entry(), None)
    async with one.running():
        async with asyncio.timeout(5):
            while read.value(m.ENTRIES) != 1:
                await asyncio.sleep(0.005)
        assert read.value(m.BYTES) == entry().size_bytes
    assert read.value(m.INFO, cache_mode="simple", store="memory") == 1


async def test_what_was_emptied_by_all_is_empty_here_without_a_request() -> None:
    read, shared = ReadLedger(), Shared()
    one = made(read, shared, index=3)
    await one.cache.kept.put(b"k" * 32, entry(), None)
    shared.begin_cache_epoch()
    async with one.running():
        async with asyncio.timeout(5):
            while read.value(m.EVICTIONS, cause="cleared") != 1:
                await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("store", "index", "expected"),
    [("memory", 0, True), ("memory", 1, True), ("redis://h", 0, True), ("redis://h", 1, False)],
)
def test_what_all_share_one_process_tells(store: str, index: int, expected: bool) -> None:
    told = {"cache_store": store, "cache_secret": "s"}
    assert made(ReadLedger(), Shared(), index, **told).has_gauges is expected


def test_a_server_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="PROXY_CACHE_SECRET"):
        made(ReadLedger(), Shared(), cache_store="redis://h")


def test_the_bounds_are_the_settings_and_the_plans() -> None:
    settings = ProxySettings.model_validate({"cache_max_entries": 5, "cache_max_bytes": 2000})
    assert bounds_of(settings, PLAN) == Bounds(5, 2000, 60.0)


async def test_the_control_of_a_store_in_memory_empties_what_it_is_given() -> None:
    async def empty() -> int:
        return 7

    control = create_cache_control(ProxySettings(), PLAN, Shared(), empty)
    assert control.told()["store"] == "memory"
    assert await control.clear() == 7


async def test_what_it_did_not_foresee_costs_one_telling_and_not_the_end() -> None:
    read, shared = ReadLedger(), Shared()
    one = made(read, shared)
    closed: list[str] = []

    class Failing(MemoryStore):
        """Fails once, in a way that no store says it does."""

        async def held(self, now: float) -> Held:
            if not closed:
                closed.append("not yet")
                raise RuntimeError
            return Held(7, 700)

        async def close(self) -> None:
            closed.append("closed")

    store = Failing(bounds_of(ProxySettings(), PLAN), one.books.gone)
    one.cache.kept = Kept(store, lambda: None, Clock(5000.0))
    async with Made(one.cache, one.books, has_gauges=True, every_seconds=0.005).running():
        async with asyncio.timeout(5):
            while read.value(m.ENTRIES) != 7:
                await asyncio.sleep(0.005)
    assert closed == ["not yet", "closed"]
