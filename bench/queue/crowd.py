"""Who asks: people, one question after the other, and a batch that keeps many in flight."""

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field

from bench.load import WrongAnswerError
from bench.percentiles import percentile
from bench.queue.cases import Case, Load
from bench.workloads import Sample
from tests.clients import RawClient

_END = b'"done":true'


@dataclass(slots=True)
class Seen:
    """What became of those who asked, in the window that is measured."""

    waits_seconds: list[float] = field(default_factory=list)
    """Of people: request sent, to the first chunk of the answer."""
    batch_waits_seconds: list[float] = field(default_factory=list)
    batch_answers: int = 0
    began_at: float = 0.0

    def sample(self, seconds: float) -> Sample:
        """Numbers that say their units."""
        return {
            "ttft_p50_seconds": percentile(self.waits_seconds, 50),
            "ttft_p95_seconds": percentile(self.waits_seconds, 95),
            "answers": float(len(self.waits_seconds)),
            "batch_answers_per_minute": 60 * self.batch_answers / seconds,
            "batch_ttft_p95_seconds": percentile(self.batch_waits_seconds or [0.0], 95),
        }


class Crowd:
    """Those who ask at one proxy. Raises: WrongAnswerError."""

    def __init__(self, url: str, model: str, case: Case, load: Load) -> None:
        self._url = url
        self._model = model
        self._case = case
        self._load = load
        self._seen = Seen()
        self._is_over = False

    async def sample(self) -> Sample:
        """Let the batch fill the line, then people come; what they saw."""
        load, batch = self._load, []
        if self._case.has_batch:
            batch = [asyncio.ensure_future(self._batch(n)) for n in range(load.batch_at_once)]
            await asyncio.sleep(load.settling_seconds)
        began_at = self._seen.began_at = time.perf_counter()
        people = [asyncio.ensure_future(self._person(n)) for n in range(load.people)]
        try:
            await asyncio.sleep(load.seconds)
            self._is_over = True
            await asyncio.gather(*people)  # who has asked is answered, and counts
        finally:
            for task in (*people, *batch):
                task.cancel()
            for task in (*people, *batch):
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        return self._seen.sample(time.perf_counter() - began_at)

    async def _person(self, number: int) -> None:
        chance = random.Random(number)
        while not self._is_over:
            await asyncio.sleep(chance.uniform(0.5, 1.5) * self._load.thinking_seconds)
            wait = await self._ask(self._load.person_tokens, f"X-Client: person {number}")
            self._seen.waits_seconds.append(wait)

    async def _batch(self, number: int) -> None:
        while True:
            headers = self._case.batch_headers
            wait = await self._ask(self._load.batch_tokens, *headers, f"X-Batch: {number}")
            if self._seen.began_at:
                self._seen.batch_answers += 1
                self._seen.batch_waits_seconds.append(wait)

    async def _ask(self, tokens: int, *headers: str) -> float:
        """One question; seconds to the first chunk of its answer, which is read to the end."""
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": f"Tell me {tokens} things."}],
            "options": {"num_predict": tokens, "temperature": 0, "seed": 7},
        }
        async with await RawClient.connect(self._url) as client:
            sent_at = time.perf_counter()
            await client.request("POST", "/api/chat", body, *headers)
            head = await client.head()
            if head.status != 200:
                raise WrongAnswerError(f"expected an answer, found {head.status}")
            said = await client.chunk()
            wait = time.perf_counter() - sent_at
            while piece := await client.chunk():
                said = piece
            if _END not in said:
                raise WrongAnswerError("an answer ended without its end marker")
        return wait
