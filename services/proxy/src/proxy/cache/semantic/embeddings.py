"""Embeddings of questions, made by a model at the upstream.

A request waits for one a moment only, but a call goes on: a model that is loaded by it, or slow,
still brings a vector to keep the answer with. After a failure nobody calls for a moment.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from ollama_observe.service.tasks import spawn
from proxy.cache.keys import Keys
from proxy.cache.outages import Outage
from proxy.cache.semantic.records import MARK_BYTES, Record, Vector, normalised
from proxy.failures import UpstreamError

Ask = Callable[[bytes], Awaitable[tuple[int, bytes]]]
"""Posts a body to /api/embed. Raises: UpstreamError, TimeoutError."""
DigestOf = Callable[[], Awaitable[str | None]]
"""Which weights the model has now: empty where there is no such model, None where nobody tells."""

CALL_SECONDS = 30.0
"""Longest wait for one embedding: a model may have to be loaded for it."""
ANSWER_LIMIT_BYTES = 1024 * 1024
MOST_CALLS = 16
REST_SECONDS = 5.0

_log = structlog.stdlib.get_logger("proxy.cache")


class _Embedded(msgspec.Struct):
    embeddings: list[list[float]]


class Making:
    """An embedding on its way. A Vector of the cache."""

    def __init__(self, task: "asyncio.Task[Record | None] | None") -> None:
        self._task = task

    async def record(self) -> Record | None:
        """It; None where it cannot be had. Who waits no longer does not stop it."""
        return await asyncio.shield(self._task) if self._task is not None else None

    async def ready(self) -> bytes | None:
        """It, as it is kept."""
        record = await self.record()
        return record.packed() if record is not None else None


class Embeddings:
    """Has embeddings made. `on_error` is called for each call that failed."""

    def __init__(
        self,
        model: str,
        prefix: str,
        ask: Ask,
        digest_of: DigestOf,
        keys: Keys,
        on_error: Callable[[], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._model = model
        self._prefix = prefix
        self._ask = ask
        self._digest_of = digest_of
        self._keys = keys
        self._on_error = on_error
        self._calls = 0
        self._outage = Outage(REST_SECONDS, clock)

    def begin(self, text: str) -> Making:
        """Have a text's embedding made; it is none where too many are being made."""
        if self._calls >= MOST_CALLS or self._outage.is_resting:
            return Making(None)
        self._calls += 1
        return Making(spawn(self._made(text), name="make an embedding"))

    async def _made(self, text: str) -> Record | None:
        try:
            digest = await self._digest_of()
            vector = await self._called(text) if digest else None
        except (UpstreamError, TimeoutError) as error:
            late = isinstance(error, TimeoutError)
            self._failed(f"nothing within {CALL_SECONDS:g} s" if late else str(error))
            return None
        finally:
            self._calls -= 1
        if vector is None or not digest:
            self._failed(_UNUSABLE if digest else f"no model {self._model} at the upstream")
            return None
        if self._outage.worked():
            _log.info("cache_embeddings_back", model=self._model)
        mark = self._keys.of(b"weights", self._model.encode(), digest.encode())[:MARK_BYTES]
        return Record(mark, vector)

    async def _called(self, text: str) -> Vector | None:
        asked = {"model": self._model, "input": self._prefix + text, "truncate": True}
        status, body = await self._ask(json.dumps(asked).encode())
        if status != 200:
            raise UpstreamError(f"expected 200 of /api/embed, found {status}")
        try:
            found = msgspec.json.decode(body, type=_Embedded).embeddings
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return normalised(found[0]) if len(found) == 1 else None

    def _failed(self, reason: str) -> None:
        self._on_error()
        if self._outage.failed():
            _log.warning(
                "cache_embeddings_lost",
                model=self._model,
                reason=reason,
                advice="only identical requests are answered from the cache until it answers",
            )


_UNUSABLE = "expected one vector of finite numbers of /api/embed, found something else"
