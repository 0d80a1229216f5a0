"""Answers to keep, and a plain model of a store that any store must agree with."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from proxy.cache.entries import Entry, Near, a_mark
from proxy.cache.stores.store import Bounds, Cause, Held, Listener, Store

NOW = 1_800_000_000.0
"""When tests begin, in Unix seconds."""


def an_entry(body: bytes = b'{"done":true}\n', stored_at: float = NOW) -> Entry:
    """An answer."""
    return Entry(
        model="smollm2:135m",
        endpoint="/api/chat",
        status_line=b"HTTP/1.1 200 OK",
        lines=[b"Content-Type: application/x-ndjson"],
        body=body,
        marks=a_mark(12, len(body)),
        stored_at=stored_at,
        seconds=1.5,
        prompt_tokens=10,
        generated_tokens=20,
    )


def a_key(number: int) -> bytes:
    """A name of an answer, as long as a real one."""
    return number.to_bytes(32, "big")


@dataclass
class Model:
    """What a store promises, said as plainly as can be: the first was used least recently."""

    bounds: Bounds
    kept: list[tuple[bytes, Entry, Near | None]] = field(default_factory=list)
    gone: Counter[Cause] = field(default_factory=Counter)

    def get(self, key: bytes, now: float) -> Entry | None:
        self._leave(Cause.AGE, [one for one in self.kept if self._is_old(one[1], now)])
        found = [one for one in self.kept if one[0] == key]
        self.kept = [one for one in self.kept if one[0] != key] + found
        return found[0][1] if found else None

    def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        self._leave(Cause.AGE, [one for one in self.kept if self._is_old(one[1], now)])
        self._leave(Cause.REPLACED, [one for one in self.kept if one[0] == key])
        new = (key, entry, near)
        if self._size(new) > self.bounds.size_bytes:
            return False
        self.kept.append(new)
        self._leave(Cause.AGE, [new] if self._is_old(entry, now) else [])
        while len(self.kept) > self.bounds.entries:
            self._leave(Cause.ENTRIES, self.kept[:1])
        while sum(map(self._size, self.kept)) > self.bounds.size_bytes:
            self._leave(Cause.BYTES, self.kept[:1])
        return True

    def near(self, bucket: bytes, now: float) -> list[tuple[bytes, bytes]]:
        self._leave(Cause.AGE, [one for one in self.kept if self._is_old(one[1], now)])
        return [(k, near.vector) for k, _, near in self.kept if near and near.bucket == bucket]

    def clear(self) -> int:
        count = len(self.kept)
        self._leave(Cause.CLEARED, list(self.kept))
        return count

    def held(self, now: float) -> Held:
        self._leave(Cause.AGE, [one for one in self.kept if self._is_old(one[1], now)])
        return Held(len(self.kept), sum(map(self._size, self.kept)))

    def _is_old(self, entry: Entry, now: float) -> bool:
        return now - entry.stored_at > self.bounds.max_age_seconds

    def _size(self, one: tuple[bytes, Entry, Near | None]) -> int:
        return one[1].size_bytes + (one[2].size_bytes if one[2] else 0)

    def _leave(self, cause: Cause, leaving: Sequence[tuple[bytes, Entry, Near | None]]) -> None:
        names = {one[0] for one in leaving}
        self.kept = [one for one in self.kept if one[0] not in names]
        self.gone[cause] += len(leaving)


class Gone:
    """A Listener that counts."""

    def __init__(self) -> None:
        self.counts: Counter[Cause] = Counter()

    def __call__(self, cause: Cause, count: int, /) -> None:
        self.counts[cause] += count


async def agrees(
    create: Callable[[Bounds, Listener], Store], seed: int, steps: int
) -> Counter[Cause]:
    """Ask a store and the model the same, at random; what went. Raises: AssertionError."""
    dice = random.Random(seed)
    bounds = Bounds(dice.randint(1, 25), dice.randint(2_000, 40_000), dice.choice([20.0, 60.0]))
    gone, model = Gone(), Model(bounds)
    store = create(bounds, gone)
    now = NOW
    await store.clear()
    gone.counts.clear()
    try:
        for step in range(steps):
            now += dice.choice((0, 0, 0, 0, 0.25, 0.25, 1, 5, 25 if dice.random() < 0.05 else 0))
            where = f"seed {seed}, step {step}"
            await _step(dice, store, model, now, where)
            assert await store.held(now) == model.held(now), where
            assert +gone.counts == +model.gone, where
    finally:
        await store.close()
    return gone.counts


async def _step(dice: random.Random, store: Store, model: Model, now: float, where: str) -> None:
    key, bucket = a_key(dice.randrange(40)), a_key(1000 + dice.randrange(4))
    chance = dice.random()
    if chance < 0.45:
        assert await store.get(key, now) == model.get(key, now), where
    elif chance < 0.85:
        entry, near = _random(dice, now, bucket)
        assert await store.put(key, entry, near, now) == model.put(key, entry, near, now), where
    elif chance < 0.995:
        assert sorted(await store.near(bucket, now)) == sorted(model.near(bucket, now)), where
    else:
        assert await store.clear() == model.clear(), where


def _random(dice: random.Random, now: float, bucket: bytes) -> tuple[Entry, Near | None]:
    size = dice.choice((0, 20, 300, 1500, 1500, 6000, 50_000 if dice.random() < 0.2 else 100))
    stored_at = now - dice.choice((0, 0, 0, 0, 0.25, 5, 20, 60, 61))
    entry = an_entry(dice.randbytes(size), stored_at)
    return entry, Near(bucket, dice.randbytes(64)) if dice.random() < 0.5 else None
