"""A store that is slow, or down, costs a miss; and it is used again when it is back."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from proxy.cache.entries import Entry, Near
from proxy.cache.kept import ASK_SECONDS, REST_SECONDS, Kept
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds, Held, StoreError
from tests.caches import NOW, Gone, a_key, an_entry


class Moody:
    """A real store that may be down, full, or never answer."""

    def __init__(self) -> None:
        self.inner = MemoryStore(Bounds(10, 100_000, 60.0), Gone())
        self.asked = 0
        self.is_down = False
        self.is_full = False
        self.is_slow = False
        self.is_closed = False

    async def _mood(self) -> None:
        self.asked += 1
        if self.is_slow:
            await asyncio.Event().wait()
        if self.is_down:
            raise StoreError("the store is down")

    async def get(self, key: bytes, now: float) -> Entry | None:
        await self._mood()
        return await self.inner.get(key, now)

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        await self._mood()
        if self.is_full:
            raise StoreError("the store is full")
        return await self.inner.put(key, entry, near, now)

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        await self._mood()
        return await self.inner.near(bucket, now)

    async def clear(self) -> int:
        await self._mood()
        return await self.inner.clear()

    async def held(self, now: float) -> Held:
        await self._mood()
        return await self.inner.held(now)

    async def close(self) -> None:
        self.is_closed = True
        await self._mood()


class Stand:
    """A Kept before a store, with clocks that stand still until they are moved."""

    def __init__(self) -> None:
        self.store = Moody()
        self.failures = 0
        self.at = 100.0
        self.kept = Kept(self.store, self._failed, lambda: NOW, lambda: self.at)

    def _failed(self) -> None:
        self.failures += 1


async def test_what_is_kept_is_found() -> None:
    stand = Stand()
    assert await stand.kept.put(a_key(1), an_entry(), Near(b"bucket", b"vector"))
    assert await stand.kept.get(a_key(1)) == an_entry()
    assert await stand.kept.near(b"bucket") == [(a_key(1), b"vector")]
    held = await stand.kept.held()
    assert held is not None
    assert held.entries == 1
    assert await stand.kept.clear() == 1
    assert stand.failures == 0


async def test_what_is_too_large_is_told_apart_from_what_failed() -> None:
    stand = Stand()
    assert await stand.kept.put(a_key(1), an_entry(bytes(100_000)), None) is False
    assert stand.failures == 0
    stand.store.is_down = True
    assert await stand.kept.put(a_key(1), an_entry(), None) is None
    assert stand.failures == 1


async def test_one_that_is_down_is_a_miss_and_not_asked_for_a_moment() -> None:
    stand = Stand()
    stand.store.is_down = True
    with capture_logs() as logs:
        assert await stand.kept.get(a_key(1)) is None
        assert await stand.kept.get(a_key(1)) is None
        assert await stand.kept.near(b"bucket") == ()
    assert stand.store.asked == 1
    assert stand.failures == 3  # each was a miss, asked or not
    assert [(log["event"], log["reason"]) for log in logs] == [
        ("cache_store_lost", "the store is down")
    ]


async def test_one_that_is_back_is_used_and_both_are_said_once() -> None:
    stand = Stand()
    await stand.kept.put(a_key(1), an_entry(), None)
    stand.store.is_down = True
    with capture_logs() as logs:
        for _ in range(3):
            assert await stand.kept.get(a_key(1)) is None
            stand.at += REST_SECONDS
        stand.store.is_down = False
        for _ in range(3):
            assert await stand.kept.get(a_key(1)) == an_entry()
    assert [log["event"] for log in logs] == ["cache_store_lost", "cache_store_back"]
    assert stand.failures == 3


async def test_one_that_is_slow_holds_nobody_up() -> None:
    stand = Stand()
    stand.store.is_slow = True
    with capture_logs() as logs:
        async with asyncio.timeout(ASK_SECONDS * 10):
            assert await stand.kept.get(a_key(1)) is None
    assert [log["reason"] for log in logs] == [f"nothing within {ASK_SECONDS:g} s"]


async def test_a_full_one_still_answers() -> None:
    stand = Stand()
    await stand.kept.put(a_key(1), an_entry(), None)
    stand.store.is_full = True
    assert not await stand.kept.put(a_key(2), an_entry(), None)
    assert await stand.kept.get(a_key(1)) == an_entry()
    assert not await stand.kept.put(a_key(2), an_entry(), None)
    stand.store.is_full = False
    stand.at += REST_SECONDS
    assert await stand.kept.put(a_key(2), an_entry(), None)
    assert stand.failures == 2


async def test_what_is_held_is_not_said_where_it_is_not_known_and_nobody_missed_it() -> None:
    stand = Stand()
    stand.store.is_down = True
    assert await stand.kept.held() is None
    assert stand.failures == 0


async def test_who_empties_it_is_told_where_that_was_not_done() -> None:
    stand = Stand()
    stand.store.is_down = True
    with pytest.raises(StoreError, match="the store is down"):
        await stand.kept.clear()


async def test_a_defect_is_not_taken_for_a_failure() -> None:
    stand = Stand()

    async def broken(key: bytes, now: float) -> Entry | None:
        raise KeyError(key)

    stand.store.get = broken  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        await stand.kept.get(a_key(1))


async def test_who_leaves_while_it_is_asked_is_let_go() -> None:
    stand = Stand()
    stand.store.is_slow = True
    asking = asyncio.ensure_future(stand.kept.get(a_key(1)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert stand.failures == 0


@pytest.mark.parametrize("mood", ["is_down", "is_slow"])
async def test_letting_go_of_it_ends(mood: str) -> None:
    stand = Stand()
    setattr(stand.store, mood, True)
    await stand.kept.close()
    assert stand.store.is_closed
