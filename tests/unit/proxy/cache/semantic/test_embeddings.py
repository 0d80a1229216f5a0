"""Embeddings made by the upstream."""

import asyncio
import json

import pytest

from proxy.cache.keys import Keys
from proxy.cache.semantic.embeddings import MOST_CALLS, REST_SECONDS, Embeddings
from proxy.failures import UpstreamError


class Upstream:
    """Answers what it is told to, when it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b'{"embeddings":[[3.0,4.0]]}'
        self.digest = "d"
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.asked: list[bytes] = []
        self.failures = 0
        self.now = 0.0

    async def ask(self, body: bytes) -> tuple[int, bytes]:
        self.asked.append(body)
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return self.status, self.body

    async def digest_of(self) -> str:
        return self.digest

    def failed(self) -> None:
        self.failures += 1

    def embeddings(self) -> Embeddings:
        return Embeddings(
            "e5", "query: ", self.ask, self.digest_of, Keys(b"k"), self.failed, lambda: self.now
        )


async def test_a_text_is_asked_with_its_prefix_and_its_vector_is_normalised() -> None:
    upstream = Upstream()
    found = await upstream.embeddings().begin("Why?").record()
    assert found is not None
    assert found.vector.tolist() == pytest.approx([0.6, 0.8])
    assert json.loads(upstream.asked[0])["input"] == "query: Why?"


async def test_other_weights_have_another_mark() -> None:
    upstream = Upstream()
    marks = []
    for digest in ("one", "two", "one"):
        upstream.digest = digest
        found = await upstream.embeddings().begin("Why?").record()
        assert found is not None
        marks.append(found.mark)
    assert marks[0] == marks[2] != marks[1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"embeddings":[]}',
        b'{"embeddings":[[]]}',
        b'{"embeddings":[[1],[2]]}',
        b'{"embeddings":[["a"]]}',
        b'{"embeddings":[[NaN]]}',
        b'{"embeddings":[[0,0]]}',
        b'{"embeddings":[[1e999]]}',
        b"\xff",
    ],
)
async def test_what_is_no_vector_is_a_failure(body: bytes) -> None:
    upstream = Upstream()
    upstream.body = body
    assert await upstream.embeddings().begin("Why?").ready() is None
    assert upstream.failures == 1


@pytest.mark.parametrize("error", [UpstreamError("gone"), TimeoutError()])
async def test_after_a_failure_nobody_asks_for_a_moment(error: Exception) -> None:
    upstream = Upstream()
    upstream.error = error
    embeddings = upstream.embeddings()
    assert await embeddings.begin("Why?").ready() is None
    upstream.error = None
    assert await embeddings.begin("Why?").ready() is None
    assert (upstream.failures, len(upstream.asked)) == (1, 1)
    upstream.now = REST_SECONDS + 1
    assert await embeddings.begin("Why?").ready() is not None


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_a_refusal_is_a_failure(status: int) -> None:
    upstream = Upstream()
    upstream.status = status
    assert await upstream.embeddings().begin("Why?").ready() is None
    assert upstream.failures == 1


async def test_a_model_that_is_not_there_is_not_asked() -> None:
    upstream = Upstream()
    upstream.digest = ""
    assert await upstream.embeddings().begin("Why?").ready() is None
    assert (upstream.failures, upstream.asked) == (1, [])


async def test_only_so_many_are_made_at_a_time() -> None:
    upstream = Upstream()
    upstream.open.clear()
    embeddings = upstream.embeddings()
    makings = [embeddings.begin("Why?") for _ in range(MOST_CALLS + 1)]
    upstream.open.set()
    found = await asyncio.gather(*(making.ready() for making in makings))
    assert [one is not None for one in found] == [True] * MOST_CALLS + [False]
    assert await embeddings.begin("Why?").ready() is not None


async def test_who_waits_no_longer_does_not_stop_it() -> None:
    upstream = Upstream()
    upstream.open.clear()
    making = upstream.embeddings().begin("Why?")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await making.record()
    upstream.open.set()
    assert await making.ready() is not None
