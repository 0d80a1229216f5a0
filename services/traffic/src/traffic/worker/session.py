"""What the worker does: it asks questions, or it does not; one run at a time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import structlog

from ollama_observe.service.tasks import spawn
from traffic.bank.loading import Bank
from traffic.plan.plan import Plan, make_plan
from traffic.plan.planned import PlannedQuestion
from traffic.refusals import RefusedError
from traffic.request.attempt import Attempt
from traffic.request.client import Client, open_http
from traffic.run.progress import Running
from traffic.settings import TrafficSettings
from traffic.target.check import TargetError, check
from traffic.target.choosing import with_model
from traffic.worker.booking import Books
from traffic.worker.playback import Parts

T = TypeVar("T")
State = Literal["idle", "starting", "waiting", "running", "stopping"]
"""waiting: it begins as soon as the server under test can be asked."""

TRY_AGAIN_SECONDS = 5.0

_log = structlog.stdlib.get_logger("traffic.worker.session")


class ConflictError(RefusedError):
    """Not in this state; the message says which it is, and what helps."""


@dataclass(slots=True)
class Run:
    """A run and its figures. `ended` and `how` are set at its end."""

    plan: Plan
    playing: Parts
    running: Running
    began: float
    ended: float | None = None
    how: Literal["", "done", "stopped", "failed"] = ""


class _Both:
    """An observer for the metrics of the process and the figures of the run."""

    def __init__(self, books: Books, running: Running) -> None:
        self._books = books
        self._running = running

    def asked(self, question: PlannedQuestion) -> None:
        self._books.asked(question)
        self._running.asked()

    def answered(self, attempt: Attempt) -> None:
        self._books.answered(attempt)
        self._running.answered(attempt)

    def dropped(self, question: PlannedQuestion) -> None:
        self._books.dropped(question)
        self._running.dropped_some(len(question.turns))


class Session:
    """Starts, stops and paces runs. For one event loop."""

    def __init__(
        self,
        bank: Bank,
        books: Books,
        drain_seconds: float,
        try_again_seconds: float = TRY_AGAIN_SECONDS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.state: State = "idle"
        self.detail = ""
        """Why it waits, or what speaks against the way that was chosen."""
        self.run: Run | None = None
        """The run of now, or the last one."""
        self.clock = clock
        self._bank = bank
        self._books = books
        self._drain_seconds = drain_seconds
        self._try_again_seconds = try_again_seconds
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def serving(self, settings: TrafficSettings | None) -> AsyncIterator[None]:
        """While the block runs; with settings it begins as soon as the server can be asked."""
        if settings is not None:
            self._spawn(settings, asyncio.get_running_loop().create_future(), is_patient=True)
        try:
            yield
        finally:
            with contextlib.suppress(ConflictError):
                await self.stop()

    async def start(self, settings: TrafficSettings) -> None:
        """Begin a run; returns when it asks.

        Raises: ConflictError; BankError, PlanError and TargetError, and then nothing runs.
        """
        if self.state == "waiting":
            await self.stop()
        if self.state != "idle":
            raise ConflictError(f"it is {self.state}: POST /stop first")
        begun = asyncio.get_running_loop().create_future()
        task = self._spawn(settings, begun, is_patient=False)
        await asyncio.wait((begun, task), return_when=asyncio.FIRST_COMPLETED)
        if task.cancelled():
            raise ConflictError("it was stopped before it had begun")
        (begun if begun.done() else task).result()

    async def stop(self, *, leaving: bool = False) -> None:
        """Ask nothing more; requests in flight end within a bound, or are left at once.

        Raises: ConflictError.
        """
        task = self._task
        if task is None or self.state in ("idle", "stopping"):
            raise ConflictError(f"it is {self.state}: there is nothing to stop")
        was_running = self.state == "running"
        self.state = "stopping"
        if was_running and self.run is not None:
            await self.run.playing.stop(0.0 if leaving else self._drain_seconds)
        else:
            task.cancel()
        await asyncio.wait((task,))
        if self.state == "stopping":  # it was stopped before its first step
            self.state = "idle"

    def change_rate(self, rate_per_second: float) -> None:
        """Go on at another rate. Raises: ConflictError."""
        if self.run is None or self.state != "running":
            raise ConflictError(f"it is {self.state}: there is no rate to change")
        playing = self.run.playing
        if playing.settings.arrival == "closed":
            kind = "a replay" if playing.settings.preset == "replay" else "a closed loop"
            raise ConflictError(f"{kind} has no rate: start with an arrival that has one")
        playing.change_rate(rate_per_second)
        self._books.began(rate_per_second)

    def _spawn(
        self, settings: TrafficSettings, begun: "asyncio.Future[None]", *, is_patient: bool
    ) -> "asyncio.Task[None]":
        self.state, self.detail = "starting", ""
        self._task = spawn(self._serve(settings, begun, is_patient), name="run")
        return self._task

    async def _serve(
        self, settings: TrafficSettings, begun: "asyncio.Future[None]", is_patient: bool
    ) -> None:
        try:
            async with open_http(settings) as http:
                settings = await self._patiently(lambda: with_model(http, settings), is_patient)
                plan = await asyncio.to_thread(_planned, self._bank, settings)
                look = await self._patiently(lambda: check(http, settings, plan.models), is_patient)
                self.detail = look.warning or ""
                running = Running()
                asker, observer = Client(http, settings), _Both(self._books, running)
                playing = Parts(plan, settings, asker, observer, self.clock)
                self.run = Run(plan, playing, running, self.clock())
                self.state = "running"
                begun.set_result(None)
                await self._play(self.run)
        except RefusedError as error:
            self.detail = str(error)
            begun.set_exception(error)
        finally:
            self.state = "idle"

    async def _patiently(self, ask: Callable[[], Awaitable[T]], is_patient: bool) -> T:
        """What the server says when it can be asked; the patient try again until then."""
        while True:
            try:
                return await ask()
            except TargetError as error:
                if not is_patient:
                    raise
                if self.state != "waiting":
                    _log.warning("target_awaited", detail=str(error))
                self.state, self.detail = "waiting", str(error)
                await asyncio.sleep(self._try_again_seconds)

    async def _play(self, run: Run) -> None:
        settings = run.playing.settings
        self._books.began(settings.rate_per_second if settings.arrival != "closed" else None)
        _log.info("run_started", preset=settings.preset, models=run.plan.models)
        run.how = "failed"
        try:
            await run.playing.run()
            run.how = "stopped" if run.playing.is_stopped else "done"
        finally:
            self._books.ended()
            run.ended = self.clock()
            _log.info("run_ended", how=run.how, ok=run.running.ok, failed=run.running.failed)


def _planned(bank: Bank, settings: TrafficSettings) -> Plan:
    plan = make_plan(bank, settings)
    _ = plan.sha256  # kept: whoever asks for it shall not wait
    return plan
