"""A model in memory: its process, who uses it, and until when it stays."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from engine import durations
from engine.child import Child, LoadFailedError, Spec
from engine.library import Facts, Model
from engine.metrics import EngineMetrics
from engine.options import Placement
from ollama_observe.service.tasks import spawn

_log = structlog.stdlib.get_logger("engine.residents")
_LONGEST_TIMER_SECONDS = 86400.0 * 365

Start = Callable[[Spec], Awaitable[Child]]


class Resident:
    """A loading or loaded model. Only the scheduler changes `users` and `keep_alive_seconds`.

    `start` starts a model process and returns when it is ready. Raises LoadFailedError.
    """

    def __init__(
        self, model: Model, facts: Facts, spec: Spec, metrics: EngineMetrics, start: Start
    ) -> None:
        self.model = model
        self.facts = facts
        self.placement: Placement = spec.placement
        self.slots = asyncio.Semaphore(spec.parallel)
        self.users = 0
        self.keep_alive_seconds: float | None = 0.0
        self.expires_ns = 0
        self.last_used = 0.0
        self._metrics = metrics
        self._start = start
        self._stopping = False
        self._ended_by_us = False
        self._timer: asyncio.TimerHandle | None = None
        self.ready: asyncio.Task[Child] = spawn(self._load(spec), name=f"load {model.name}")

    @property
    def child(self) -> Child | None:
        """The process, once it is ready; None before, and when it could not be started."""
        done = self.ready.done() and not self.ready.cancelled() and self.ready.exception() is None
        return self.ready.result() if done else None

    @property
    def usable(self) -> bool:
        """Whether requests may be sent to it: loading, or loaded and running."""
        if self._stopping:
            return False
        return not self.ready.done() or (self.child is not None and self.child.alive)

    def touch(self) -> None:
        """Note a use: the time until it expires begins anew."""
        self.last_used = asyncio.get_running_loop().time()
        seconds = durations.FOREVER_SECONDS
        if self.keep_alive_seconds is not None:
            seconds = self.keep_alive_seconds
        self.expires_ns = time.time_ns() + int(seconds * 1e9)

    def expire_later(self, expired: Callable[[], None]) -> None:
        """Call `expired` when the keep-alive is over, unless `stay` comes first."""
        self.stay()
        if self.keep_alive_seconds is not None:
            seconds = min(self.keep_alive_seconds, _LONGEST_TIMER_SECONDS)
            self._timer = asyncio.get_running_loop().call_later(seconds, expired)

    def stay(self) -> None:
        """Do not expire for now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def stop(self, reason: str) -> None:
        """End the process; returns when its memory is free."""
        self.stay()
        if self._stopping:
            return
        self._stopping = True
        if not self.ready.done():
            self.ready.cancel()
            await asyncio.wait([self.ready])
        if self.child is not None:
            self._ended_by_us = self.child.alive
            await self.child.stop()
            if self._ended_by_us:
                self._metrics.unloads.labels(reason).inc()
                _log.info("model_unloaded", model=self.model.name, reason=reason)

    async def _load(self, spec: Spec) -> Child:
        begun = time.perf_counter()
        try:
            child = await self._start(spec)
        except LoadFailedError as error:
            self._metrics.failed_loads.inc()
            _log.error("model_load_failed", model=self.model.name, detail=str(error))
            raise
        seconds = time.perf_counter() - begun
        self._metrics.load_seconds.observe(seconds)
        self._metrics.loaded_models.inc()
        _log.info("model_loaded", model=self.model.name, pid=child.pid, load_seconds=seconds)
        spawn(self._watch(child), name=f"watch {self.model.name}")
        return child

    async def _watch(self, child: Child) -> None:
        code = await child.wait()
        self._metrics.loaded_models.dec()
        if not self._ended_by_us:
            self._metrics.crashes.inc()
            _log.error("model_process_ended", model=self.model.name, exit_code=code)
