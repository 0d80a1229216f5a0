"""Which weights a model's name stands for now: a model that is pulled again is another.

Asked of each upstream's /api/tags, and not again for a few seconds. What changes by way of this
proxy is seen at once, what changes past it within that time.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from ollama_observe.service.tasks import spawn
from ollama_observe.wire.installed import read_installed
from proxy.pool import UpstreamPool
from proxy.probe import fetch
from proxy.upstream import UpstreamError

FRESH_SECONDS = 5.0
LIST_LIMIT_BYTES = 4 * 1024 * 1024


class Digests:
    """Models by name, over all upstreams that a request may reach. Instants by `clock`."""

    def __init__(
        self, pools: Mapping[str, UpstreamPool], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._pools = pools
        self._clock = clock
        self._digests: dict[str, str] | None = None
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None
        self._changes = 0

    async def of(self, model: str) -> str:
        """The digests of a model by its normalised name; empty where nobody tells.

        Raises: UpstreamError, TimeoutError where the list cannot be had.
        """
        if self._digests is None or self._clock() - self._read_at > FRESH_SECONDS:
            # one question for all who need it; who leaves does not stop it
            if self._reading is None or self._reading.done():
                self._reading = spawn(self._read(), name="read digests")
            await asyncio.shield(self._reading)
        return (self._digests or {}).get(model, "")

    def forget(self) -> None:
        """Models are changing: what is known, or being read, is not to be trusted."""
        self._digests = None
        self._reading = None
        self._changes += 1

    async def _read(self) -> None:
        at, changes = self._clock(), self._changes
        found: dict[str, str] = {}
        for name, pool in self._pools.items():
            status, body = await fetch(pool, b"/api/tags", limit_bytes=LIST_LIMIT_BYTES)
            listed = read_installed(body) if status == 200 else None
            if listed is None:
                raise UpstreamError(f"{pool.address} answered {status}, and no list of models")
            for model in listed:
                if model.digest:
                    found[model.name] = f"{found.get(model.name, '')} {name}={model.digest}"
        if changes == self._changes:
            self._digests, self._read_at = found, at
