"""The question that means the same."""

import asyncio
from collections.abc import Sequence

import pytest

from ollama_observe.metrics.catalogue import cache as m
from proxy.cache.keys import Keys
from proxy.cache.semantic.embeddings import Embeddings
from proxy.cache.semantic.nearest import NearestQuestion, nearest
from proxy.cache.semantic.records import Record, normalised
from tests.ledgers import ReadLedger

VECTORS = {"east": (1.0, 0.0), "nearly east": (1.0, 0.1), "north": (0.0, 1.0)}


class Kept:
    """A bucket, the upstream's embeddings, and what was counted."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.bucket: list[tuple[bytes, bytes]] = []
        self.late = 0
        self.read = ReadLedger()
        embeddings = Embeddings("e5", "", self.ask, self.digest_of, Keys(b"k"), lambda: None)
        self.nearest = NearestQuestion(
            embeddings, self.near, 0.95, 0.05, self.read.ledger, self.was_late
        )

    async def ask(self, body: bytes) -> tuple[int, bytes]:
        await self.open.wait()
        text = next(text for text in VECTORS if f'"input": "{text}"'.encode() in body)
        return 200, b'{"embeddings":[[%f,%f]]}' % VECTORS[text]

    async def digest_of(self) -> str:
        return "d"

    async def near(self, bucket: bytes) -> Sequence[tuple[bytes, bytes]]:
        assert bucket == b"bucket"
        return self.bucket

    def was_late(self) -> None:
        self.late += 1

    async def keep(self, text: str) -> None:
        vector = await self.nearest.begin(text).ready()
        assert vector is not None
        self.bucket.append((text.encode(), vector))

    async def find(self, text: str) -> bytes | None:
        return await self.nearest.find(b"bucket", self.nearest.begin(text))


async def test_the_nearest_is_found_where_it_is_near_enough() -> None:
    kept = Kept()
    assert await kept.find("east") is None
    await kept.keep("north")
    assert await kept.find("east") is None
    await kept.keep("nearly east")
    assert await kept.find("east") == b"nearly east"
    counts = [
        kept.read.value(m.SIMILARITY, "_count", result=result)
        for result in ("miss", "semantic_hit")
    ]
    assert counts == [1, 1]


async def test_one_that_takes_too_long_is_not_waited_for_and_comes_all_the_same() -> None:
    kept = Kept()
    await kept.keep("east")
    kept.open.clear()
    vector = kept.nearest.begin("nearly east")
    assert await kept.nearest.find(b"bucket", vector) is None
    assert kept.late == 1
    kept.open.set()
    assert await vector.ready() is not None


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 24])
async def test_what_is_no_record_is_passed_over(data: bytes) -> None:
    kept = Kept()
    kept.bucket.append((b"broken", data))
    assert await kept.find("east") is None
    await kept.keep("east")
    assert await kept.find("east") == b"east"


def test_nothing_is_nearest_to_nothing() -> None:
    vector = normalised([1.0, 0.0])
    assert vector is not None
    assert nearest(Record(b"12345678", vector), []) is None
