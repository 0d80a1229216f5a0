"""What was answered is kept at once, and named by its meaning when that is known."""

import asyncio

import pytest

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.asked import Asked, parse
from proxy.cache.keeping import Keeper, Vector
from proxy.cache.recording import Recording, Unfit
from proxy.heads import read_response
from tests.caching import BODY, CacheHouse, entry, head_of
from tests.flying import FIRST, HEAD, LAST, chunk
from tests.waiting import until

CHAT = endpoint_of("/api/chat")
VECTOR = b"\0\0\x80?"


class Late(Vector):
    """An embedding that takes its time."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def ready(self) -> bytes | None:
        await self.may.wait()
        return VECTOR


class Desk:
    """A keeper, and an answer to keep."""

    def __init__(self) -> None:
        self.house = CacheHouse()
        self.epoch = 0
        self.keeper = Keeper(self.house.kept, self.house.books, lambda: self.epoch)
        parsed = parse(BODY)
        assert parsed is not None
        self.asked: Asked = self.house.reader.read(head_of(), CHAT, parsed, "d1", b"")

    def keeps(self, vector: Vector | None = None, is_whole: bool = True) -> None:
        """An answer has landed that was asked in the first epoch."""
        recording = Recording(CHAT, "m", 1000, 0.0, b"x-request-id", self.house.wall)
        recording.begin(read_response(HEAD))
        recording.add(1.0, chunk(FIRST) + chunk(LAST) + b"0\r\n\r\n")
        if not is_whole:
            recording.spoil(Unfit.INCOMPLETE)
        self.keeper.keep(self.asked, vector, recording, 0)

    async def is_kept(self) -> bool:
        """Whether it is there."""
        return await self.house.kept.get(self.asked.key) is not None

    async def names(self) -> list[tuple[bytes, bytes]]:
        """What it may be found by."""
        return list(await self.house.kept.near(self.asked.bucket))

    def counted(self, what: Metric, **labels: str) -> float | None:
        """What is counted of it."""
        return self.house.read.value(what, **labels)


async def test_an_answer_is_kept_and_what_is_being_kept_at_the_close_too() -> None:
    desk = Desk()
    desk.keeps()
    await desk.keeper.close()
    assert await desk.is_kept()
    assert desk.counted(m.STORED) == 1


async def test_one_that_is_not_whole_is_not_and_why_is_counted() -> None:
    desk = Desk()
    desk.keeps(is_whole=False)
    await desk.keeper.close()
    assert not await desk.is_kept()
    assert desk.counted(m.NOT_STORED, reason="incomplete") == 1


async def test_one_that_was_asked_before_the_cache_was_emptied_is_not() -> None:
    desk = Desk()
    desk.epoch = 1
    desk.keeps()
    await desk.keeper.close()
    assert not await desk.is_kept()
    assert desk.counted(m.NOT_STORED, reason="not_wanted") == 1


async def test_its_meaning_comes_later_and_counts_as_no_other_answer() -> None:
    desk, vector = Desk(), Late()
    desk.keeps(vector)
    await until(lambda: desk.counted(m.STORED) == 1)
    assert await desk.is_kept()
    assert await desk.names() == []
    vector.may.set()
    async with asyncio.timeout(5):
        while not (names := await desk.names()):
            await asyncio.sleep(0.005)
    assert names == [(desk.asked.key, VECTOR)]
    assert desk.counted(m.STORED) == 1
    assert desk.counted(m.EVICTIONS, cause="replaced") == 0
    await desk.house.kept.put(desk.asked.key, entry(), None)
    assert desk.counted(m.EVICTIONS, cause="replaced") == 1


@pytest.mark.parametrize("what", ["emptied", "replaced"])
async def test_what_is_gone_before_its_meaning_is_known_stays_gone(what: str) -> None:
    desk, vector = Desk(), Late()
    desk.keeps(vector)
    await until(lambda: desk.counted(m.STORED) == 1)
    if what == "emptied":
        desk.epoch = 1
        await desk.house.kept.clear()
    else:
        await desk.house.kept.put(desk.asked.key, entry(), None)
    vector.may.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert await desk.house.kept.get(desk.asked.key) == (None if what == "emptied" else entry())
    assert await desk.names() == []


async def test_what_waits_for_its_meaning_at_the_close_is_kept_and_waits_no_longer() -> None:
    desk = Desk()
    desk.keeps(Late())
    async with asyncio.timeout(0.5):
        await desk.keeper.close()
    assert await desk.is_kept()
    assert desk.counted(m.STORED) == 1
