"""The store in memory does what the model of a store does."""

from collections import Counter

from proxy.cache.entries import Near
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds, Cause, Held
from tests.caches import NOW, Gone, a_key, agrees, an_entry


async def test_it_agrees_with_the_model_in_twenty_thousand_requests() -> None:
    gone: Counter[Cause] = Counter()
    for seed in range(5):
        gone += await agrees(MemoryStore, seed, steps=4_000)
    assert set(gone) == set(Cause)  # all of it happened


async def test_what_was_used_last_stays() -> None:
    gone = Gone()
    store = MemoryStore(Bounds(2, 10_000, 60), gone)
    for number in (1, 2):
        await store.put(a_key(number), an_entry(), None, NOW)
    assert await store.get(a_key(1), NOW) == an_entry()
    await store.put(a_key(3), an_entry(), None, NOW)
    assert await store.get(a_key(2), NOW) is None
    assert await store.get(a_key(1), NOW) is not None
    assert gone.counts == {Cause.ENTRIES: 1}


async def test_what_is_too_large_for_all_is_not_kept_and_what_it_replaces_goes() -> None:
    gone = Gone()
    store = MemoryStore(Bounds(10, 2_000, 60), gone)
    assert await store.put(a_key(1), an_entry(), None, NOW)
    assert not await store.put(a_key(1), an_entry(bytes(2_000)), None, NOW)
    assert await store.held(NOW) == Held(0, 0)
    assert gone.counts == {Cause.REPLACED: 1}


async def test_what_is_too_old_leaves_the_bucket_too() -> None:
    store = MemoryStore(Bounds(10, 20_000, 60), Gone())
    await store.put(a_key(1), an_entry(stored_at=NOW), Near(b"bucket", b"vector"), NOW)
    assert await store.near(b"bucket", NOW + 60) == [(a_key(1), b"vector")]
    assert await store.near(b"bucket", NOW + 60.5) == []
