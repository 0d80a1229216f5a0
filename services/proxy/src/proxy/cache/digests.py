"""Which weights a model's name stands for now: a model that is pulled again is another.

Asked of each upstream's /api/tags, and not again for a few seconds. What changes by way of the
proxy is seen at once, by all its processes; what changes past it within that time. An upstream
that did not tell is asked again, but nobody waits for it until it has.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping

from ollama_observe.service.tasks import spawn
from proxy.failures import UpstreamError
from proxy.pool import UpstreamPool
from proxy.probe import installed
from proxy.shared import ModelChanges
from proxy.upstreams import MAIN

FRESH_SECONDS = 5.0
AGEING_SECONDS = 3.0
"""From when on it is asked again while what is known still counts: nobody waits."""
AGAIN_SECONDS = 2.0
"""After an answer that did not come."""
WAIT_SECONDS = 1.0


class Digests:
    """Models by name, of each upstream. Instants by `clock`; `changes` is what processes share."""

    def __init__(
        self,
        pools: Mapping[str, UpstreamPool],
        clock: Callable[[], float] = time.perf_counter,
        changes: ModelChanges | None = None,
    ) -> None:
        own = memoryview(bytearray(8)).cast("q")
        self._changes = changes or ModelChanges(own, 0)
        self._lists = {name: _List(pool, self._changes) for name, pool in pools.items()}
        self._clock = clock

    async def of(self, model: str, upstreams: Iterable[str] = (MAIN,)) -> str | None:
        """A model's digests, by its normalised name, at those of these upstreams that have it.

        Empty where none has it; None where one of them does not tell.
        """
        now = self._clock()
        lists = {name: self._lists[name] for name in upstreams}
        readings = [reading for one in lists.values() if (reading := one.awaited(now))]
        if readings:
            # one question for all who need it; who leaves does not stop it
            await asyncio.shield(asyncio.gather(*readings))
        found = ""
        for name, one in lists.items():
            if one.known is None:
                return None
            digest = one.known.get(model)
            found += f" {name}={digest}" if digest else ""
        return found

    def forget(self) -> None:
        """Models are changing: what any process knows, or is reading, is not to be trusted."""
        self._changes.happened()

    def close(self) -> None:
        """Let go of the connections."""
        for one in self._lists.values():
            one.pool.close()


class _List:
    """What one upstream has: name to digest, None while that is not known."""

    def __init__(self, pool: UpstreamPool, changes: ModelChanges) -> None:
        self.pool = pool
        self.known: dict[str, str] | None = None
        self._changes = changes
        self._mark = changes.mark
        self._known_at = self._asked_at = -math.inf
        self._reading: asyncio.Task[None] | None = None
        self._is_lost = False
        """It did not tell when it was last asked."""

    def awaited(self, now: float) -> asyncio.Task[None] | None:
        """The question that must be waited for, if any; it is asked if it is due."""
        mark = self._changes.mark
        if mark != self._mark:
            self._mark, self._reading = mark, None
            self._known_at = self._asked_at = -math.inf
        age = now - self._known_at
        if age > FRESH_SECONDS:
            self.known = None
        if age > AGEING_SECONDS and now - self._asked_at > AGAIN_SECONDS:
            self._asked_at = now
            self._reading = spawn(self._read(now, mark), name="read digests")
        return self._reading if self.known is None and not self._is_lost else None

    async def _read(self, at: float, mark: bytes) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                listed = await installed(self.pool)
        except (UpstreamError, TimeoutError):
            self._is_lost = True
            return
        self._is_lost = False
        if mark == self._changes.mark:
            self.known = {model.name: model.digest for model in listed if model.digest}
            self._known_at = at
