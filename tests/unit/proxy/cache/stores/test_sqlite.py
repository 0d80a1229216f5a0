"""The store in a file does what the model of a store does, and shares the file with others."""

import asyncio
import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from proxy.cache.entries import Near
from proxy.cache.stores import sqlite
from proxy.cache.stores.sqlite import SqliteStore
from proxy.cache.stores.store import Bounds, Cause, Held, StoreError
from tests.caches import NOW, Gone, a_key, agrees, an_entry

BOUNDS = Bounds(1_000, 10_000_000, 60.0)


async def test_it_agrees_with_the_model(tmp_path: Path) -> None:
    gone: Counter[Cause] = Counter()
    for seed in range(3):
        dice = random.Random(seed)

        def clock(dice: random.Random = dice) -> float:
            return dice.choice((0.0, 10.0))  # what was used is noted now and then

        path = tmp_path / f"answers-{seed}"
        gone += await agrees(lambda b, g, p=path, c=clock: SqliteStore(p, b, g, c), seed, 500)  # type: ignore[misc]
    assert set(gone) == set(Cause)


async def test_answers_outlive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    first = SqliteStore(path, BOUNDS, Gone())
    await first.put(a_key(1), an_entry(b"kept"), Near(b"bucket", b"vector"), NOW)
    held = await first.held(NOW)
    await first.close()
    second = SqliteStore(path, BOUNDS, Gone())
    assert await second.get(a_key(1), NOW) == an_entry(b"kept")
    assert await second.near(b"bucket", NOW) == [(a_key(1), b"vector")]
    assert await second.held(NOW) == held
    await second.close()


async def test_several_keep_the_bounds_together(tmp_path: Path) -> None:
    gone, path = Gone(), tmp_path / "answers"
    bounds = Bounds(30, 10_000_000, 60.0)
    stores = [SqliteStore(path, bounds, gone) for _ in range(4)]

    async def use(store: SqliteStore, number: int) -> None:
        for step in range(50):
            await store.put(a_key(number * 1_000 + step), an_entry(), None, NOW)
            await store.get(a_key(number * 1_000 + step), NOW)

    await asyncio.gather(*(use(store, number) for number, store in enumerate(stores)))
    assert [await store.held(NOW) for store in stores] == [Held(30, 30 * an_entry().size_bytes)] * 4
    assert gone.counts == {Cause.ENTRIES: 4 * 50 - 30}
    for store in stores:
        await store.close()


async def test_what_another_has_used_stays_once_it_is_noted(tmp_path: Path) -> None:
    path, bounds = tmp_path / "answers", Bounds(2, 10_000_000, 60.0)
    times = iter([0.0, *[sqlite.TOUCHED_SECONDS * 2] * 9])
    one = SqliteStore(path, bounds, Gone(), lambda: next(times))
    other = SqliteStore(path, bounds, Gone())
    for number in (1, 2):
        await other.put(a_key(number), an_entry(), None, NOW)
    assert await one.get(a_key(1), NOW) is not None
    await one.held(NOW)  # the thread has done what it was given before
    await other.put(a_key(3), an_entry(), None, NOW)
    assert await other.get(a_key(1), NOW) is not None
    assert await other.get(a_key(2), NOW) is None
    await one.close()
    await other.close()


async def test_what_is_cleared_is_in_no_file_any_more(tmp_path: Path) -> None:
    gone, path = Gone(), tmp_path / "answers"
    store = SqliteStore(path, BOUNDS, gone)
    for number in range(20):
        await store.put(a_key(number), an_entry(b"a secret of somebody " * 50), None, NOW)
    assert _holds(tmp_path, b"a secret of")
    assert await store.clear() == 20
    assert not _holds(tmp_path, b"a secret of")
    assert gone.counts == {Cause.CLEARED: 20}
    await store.close()


async def test_one_that_waits_too_long_still_counts_what_went(tmp_path: Path) -> None:
    gone, path = Gone(), tmp_path / "answers"
    store = SqliteStore(path, BOUNDS, gone)
    await store.put(a_key(1), an_entry(), None, NOW)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        late = asyncio.ensure_future(store.put(a_key(1), an_entry(), None, NOW))
        done, _ = await asyncio.wait([late], timeout=0.05)
        assert not done
        late.cancel()
        other.execute("ROLLBACK")
    other.close()
    assert await store.held(NOW) == Held(1, an_entry().size_bytes)
    assert gone.counts == {Cause.REPLACED: 1}
    await store.close()


async def test_a_closed_one_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "answers", BOUNDS, Gone())
    await store.put(a_key(1), an_entry(), None, NOW)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.get(a_key(1), NOW)


def _holds(folder: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in folder.iterdir())
