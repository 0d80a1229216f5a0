"""What an operator is told of the cache, and that it empties."""

import pytest

from proxy.cache.control import CacheControl
from proxy.cache.plan import Plan
from proxy.cache.stores.choosing import Place
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds, StoreError
from proxy.shared import Shared
from tests.caching import entry

PLAN = Plan("simple", 60.0)


class Kept(MemoryStore):
    """A store that says whether it was let go of; with `fails` it cannot be emptied."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__(Bounds(10, 10_000, 60.0), lambda _cause, _count: None)
        self.fails = fails
        self.is_closed = False

    async def clear(self) -> int:
        if self.fails:
            raise StoreError("the server is gone")
        return await super().clear()

    async def close(self) -> None:
        self.is_closed = True


def control(place: Place, store: Kept, has_own: bool = False) -> CacheControl:
    return CacheControl(PLAN, place, Shared(), store.clear if has_own else None, lambda: store)


@pytest.mark.parametrize(
    ("place", "where"),
    [
        (Place(Place.MEMORY), ""),
        (Place(Place.FILE, "/data/answers.db"), "/data/answers.db"),
        (Place(Place.SERVER, "redis://me:hush@host:6379/0"), "redis://host:6379/0"),
        (Place(Place.SERVER, "redis://host/0?password=hush"), "redis://host/0"),
    ],
)
def test_it_says_what_it_is_and_where_without_credentials(place: Place, where: str) -> None:
    told = control(place, Kept()).told()
    assert told == {
        "mode": "simple",
        "max_age_seconds": 60.0,
        "store": place.kind,
        "where": where,
    }


async def test_this_processs_memory_is_emptied_and_counted() -> None:
    store = Kept()
    await store.put(b"key", entry(), None, 5000.0)
    found = control(Place(Place.MEMORY), store, has_own=True)
    assert await found.clear() == 1
    assert await store.get(b"key", 5000.0) is None
    assert not store.is_closed


async def test_the_memories_of_others_are_told_to_be_empty() -> None:
    found = control(Place(Place.MEMORY), Kept())
    before = found.shared.cache_epoch
    assert await found.clear() is None
    assert found.shared.cache_epoch == before + 1


@pytest.mark.parametrize("fails", [False, True])
async def test_a_shared_store_is_opened_emptied_and_let_go_of(fails: bool) -> None:
    store = Kept(fails)
    await store.put(b"key", entry(), None, 5000.0)
    found = control(Place(Place.FILE, "answers.db"), store)
    if fails:
        with pytest.raises(StoreError):
            await found.clear()
    else:
        assert await found.clear() == 1
    assert store.is_closed
