"""The question that means the same, of all that agree in what the guards ask for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.metrics.ledger import Ledger
from proxy.cache.keeping import Vector
from proxy.cache.results import Result
from proxy.cache.semantic.embeddings import Embeddings, Making
from proxy.cache.semantic.records import UNLIKE, Record, cosines

Near = Callable[[bytes], Awaitable[Sequence[tuple[bytes, bytes]]]]
"""Keys and records of a bucket."""


class NearestQuestion:
    """A Nearest of the cache. `on_late` is called where an embedding took longer than it may."""

    def __init__(
        self,
        embeddings: Embeddings,
        near: Near,
        threshold: float,
        budget_seconds: float,
        ledger: Ledger,
        on_late: Callable[[], None],
    ) -> None:
        self._embeddings = embeddings
        self._near = near
        self._threshold = threshold
        self._budget_seconds = budget_seconds
        self._on_late = on_late
        results = (Result.SEMANTIC_HIT, Result.MISS)
        self._pages = {result: ledger.page({"result": result.value}) for result in results}

    def begin(self, text: str) -> Vector:
        """Have a question's embedding made."""
        return self._embeddings.begin(text)

    async def find(self, bucket: bytes, vector: Vector) -> bytes | None:
        """The key of what means the same, within the time that a request may wait."""
        assert isinstance(vector, Making)
        try:
            async with asyncio.timeout(self._budget_seconds):
                record = await vector.record()
        except TimeoutError:
            self._on_late()
            return None
        kept = await self._near(bucket) if record is not None else ()
        if record is None or not kept:
            return None
        found = nearest(record, [data for _, data in kept])
        if found is None:
            return None
        place, cosine = found
        is_hit = cosine >= self._threshold
        result = Result.SEMANTIC_HIT if is_hit else Result.MISS
        self._pages[result].observe(m.SIMILARITY, cosine)
        return kept[place][0] if is_hit else None


def nearest(record: Record, others: Sequence[bytes]) -> tuple[int, float] | None:
    """The place of the nearest of others, and its cosine; None where none can be compared."""
    places, near = cosines(record, others)
    if not places:
        return None
    at = int(near.argmax())
    # what is below any cosine could not be compared
    return (places[at], float(near[at])) if near[at] > UNLIKE else None
