"""Which models are in memory, and who waits for one.

Requests are placed one after the other, in the order of their arrival, so that none
starves; the loading itself goes on beside. A request that wants other runner options waits
until the model is idle and then reloads it, as Ollama does.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from engine import child as children
from engine import errors
from engine.child import Child, LoadFailedError, Spec
from engine.errors import ApiError
from engine.library import Facts, Model
from engine.metrics import EngineMetrics
from engine.residents import Resident, Start
from ollama_observe.service.tasks import spawn


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the scheduler: models in memory, and requests that may wait."""

    loaded_models: int
    waiting_requests: int


class Lease:
    """The right to use a model; it stays in memory meanwhile."""

    def __init__(self, child: Child, resident: Resident, scheduler: "Scheduler") -> None:
        self.child = child
        self._resident = resident
        self._scheduler = scheduler

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[Child]:
        """One of the places where a model works at a time; waits for a free one."""
        slots = self._resident.slots
        with self._scheduler.waiting():
            await slots.acquire()
        try:
            yield self.child
        finally:
            slots.release()


class Scheduler:
    """The models in memory."""

    def __init__(
        self, limits: Limits, metrics: EngineMetrics, start: Start = children.start
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._start = start
        self._residents: dict[str, Resident] = {}
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._waiting = 0

    def loaded(self) -> list[Resident]:
        """What is in memory and ready, the one that expires last first."""
        there = [r for r in self._residents.values() if r.usable and r.child is not None]
        return sorted(there, key=lambda resident: -resident.expires_ns)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Count one request as waiting."""
        self._waiting += 1
        self._metrics.waiting_requests.inc()  # other schedulers count there, too
        try:
            yield
        finally:
            self._waiting -= 1
            self._metrics.waiting_requests.dec()

    @contextlib.asynccontextmanager
    async def lease(
        self, model: Model, facts: Facts, spec: Spec, keep_alive_seconds: float | None
    ) -> AsyncIterator[Lease]:
        """Use a model, loading it first where needed.

        Raises: ApiError 503 when too many wait, 500 when the model cannot be loaded.
        """
        if self._waiting >= self._limits.waiting_requests:
            self._metrics.refused_requests.inc()
            raise ApiError(503, errors.BUSY)
        resident, is_first = await self._place(model, facts, spec)
        try:
            with contextlib.nullcontext() if is_first else self.waiting():
                child = await asyncio.shield(resident.ready)
            resident.keep_alive_seconds = keep_alive_seconds
            resident.touch()
            yield Lease(child, resident, self)
        except LoadFailedError as error:
            raise ApiError(500, f"llama runner process has terminated: {error}") from error
        finally:
            self._release(resident)

    async def unload(self, model: Model) -> None:
        """End the model's process: at once when it is idle, else after its last request."""
        resident = self._residents.get(model.name)
        if resident is None:
            return
        resident.keep_alive_seconds = 0.0
        if resident.users == 0:
            await self._drop(resident, "asked")

    async def close(self) -> None:
        """End every process."""
        for resident in list(self._residents.values()):
            await self._drop(resident, "shutdown")

    async def _place(self, model: Model, facts: Facts, spec: Spec) -> tuple[Resident, bool]:
        with self.waiting():
            async with self._turn:
                resident = await self._with_placement(model, spec)
                is_first = resident is None
                if resident is None:
                    await self._make_room()
                    resident = Resident(model, facts, spec, self._metrics, self._start)
                    self._residents[model.name] = resident
                resident.users += 1
                resident.stay()
                return resident, is_first

    async def _with_placement(self, model: Model, spec: Spec) -> Resident | None:
        """The model as it is in memory, if it can serve `spec`; any other is ended."""
        while (resident := self._residents.get(model.name)) is not None:
            if not resident.usable:
                await self._drop(resident, "replaced")
            elif resident.model == model and resident.placement == spec.placement:
                return resident
            elif resident.users == 0:
                await self._drop(resident, "replaced")
            else:
                await self._something_freed()
        return None

    async def _make_room(self) -> None:
        while len(self._residents) >= self._limits.loaded_models:
            gone = [r for r in self._residents.values() if not r.usable]
            idle = [r for r in self._residents.values() if r.users == 0]
            if gone or idle:
                await self._drop(min(gone or idle, key=lambda r: r.last_used), "room")
            else:
                await self._something_freed()

    async def _something_freed(self) -> None:
        # only the request whose turn it is waits here
        self._freed.clear()
        await self._freed.wait()

    def _release(self, resident: Resident) -> None:
        resident.users -= 1
        self._freed.set()
        if resident.users == 0 and self._residents.get(resident.model.name) is resident:
            resident.touch()
            resident.expire_later(lambda: self._expired(resident))

    def _expired(self, resident: Resident) -> None:
        if resident.users == 0:
            self._forget(resident)  # now: a request may be placed before the task runs
            spawn(self._drop(resident, "expired"), name=f"expire {resident.model.name}")

    def _forget(self, resident: Resident) -> None:
        if self._residents.get(resident.model.name) is resident:
            del self._residents[resident.model.name]

    async def _drop(self, resident: Resident, reason: str) -> None:
        self._forget(resident)  # first: whoever asks meanwhile starts a new process
        # the process must end even when the request that asked for it goes away
        await asyncio.shield(spawn(resident.stop(reason), name=f"stop {resident.model.name}"))
        self._freed.set()
