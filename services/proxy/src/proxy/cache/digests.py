"""Which weights a model's name stands for now: a model that is pulled again is another.

Asked of each upstream's /api/tags, and not again for a few seconds. What changes by way of this
process is seen at once, what changes past it within that time. Where nobody tells, it is not asked
again for a moment, so that not every request waits for it in vain.
"""

import asyncio
import math
import time
from collections.abc import Callable, Mapping

from ollama_observe.service.tasks import spawn
from ollama_observe.wire.installed import InstalledModel, read_installed
from proxy.pool import UpstreamPool
from proxy.probe import fetch
from proxy.upstream import UpstreamError

FRESH_SECONDS = 5.0
AGEING_SECONDS = 3.0
"""From when on it is asked again while what is known still counts: nobody waits."""
AGAIN_SECONDS = 2.0
"""After an answer that did not come."""
WAIT_SECONDS = 1.0
LIST_LIMIT_BYTES = 4 * 1024 * 1024


class Digests:
    """Models by name, over all upstreams that a request may reach. Instants by `clock`."""

    def __init__(
        self, pools: Mapping[str, UpstreamPool], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._pools = pools
        self._clock = clock
        self._known: dict[str, str] | None = None
        self._known_at = self._asked_at = -math.inf
        self._reading: asyncio.Task[None] | None = None
        self._changes = 0

    async def of(self, model: str) -> str | None:
        """The digests of a model by its normalised name: empty where there is none of it.

        None where the lists are not to be had.
        """
        now = self._clock()
        age = now - self._known_at
        if age > FRESH_SECONDS:
            self._known = None
        if age > AGEING_SECONDS and now - self._asked_at > AGAIN_SECONDS:
            self._asked_at = now
            self._reading = spawn(self._read(now, self._changes), name="read digests")
        if self._known is None and self._reading is not None:
            # one question for all who need it; who leaves does not stop it
            await asyncio.shield(self._reading)
        return None if self._known is None else self._known.get(model, "")

    def forget(self) -> None:
        """Models are changing: what is known, or being read, is not to be trusted."""
        self._known = self._reading = None
        self._known_at = self._asked_at = -math.inf
        self._changes += 1

    def close(self) -> None:
        """Let go of the connections."""
        for pool in self._pools.values():
            pool.close()

    async def _read(self, at: float, changes: int) -> None:
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                for name, pool in self._pools.items():
                    for model in await _listed(pool):
                        found[model.name] = f"{found.get(model.name, '')} {name}={model.digest}"
        except (UpstreamError, TimeoutError):
            return
        if changes == self._changes:
            self._known, self._known_at = found, at


async def _listed(pool: UpstreamPool) -> list[InstalledModel]:
    """The models with a digest. Raises: UpstreamError, TimeoutError."""
    status, body = await fetch(pool, b"/api/tags", limit_bytes=LIST_LIMIT_BYTES)
    listed = read_installed(body) if status == 200 else None
    if listed is None:
        raise UpstreamError(f"{pool.address} answered {status}, and no list of models")
    return [model for model in listed if model.digest]
