"""`--workers N`: processes that share a plan, started together, and their records in one place.

Each makes the plan itself, plays every N-th question of it and tells what it sees as it happens.
The instants are of one clock: on Linux and macOS `time.perf_counter` shows the same in every
process of a machine.
"""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from ollama_observe.service.tasks import spawn
from traffic.plan.plan import Plan
from traffic.refusals import RefusedError
from traffic.run.runner import Observer
from traffic.run.selfcheck import SelfCheck
from traffic.settings import TrafficSettings
from traffic.sharding.messages import (
    Answered,
    Asked,
    Begin,
    Done,
    Dropped,
    Job,
    Order,
    Ready,
    Refused,
    Report,
    line_of,
    question_of,
    report_of,
)

LEAD_SECONDS = 0.1
"""From the word to begin to the instant 0: by then every process has read it."""

STOP_SECONDS = 10.0
"""How long a process may take to tell the rest when it is stopped."""

LONGEST_LINE_BYTES = 2**26


def require_shares(settings: TrafficSettings) -> None:
    """Raise RefusedError where there is less to share than processes."""
    name = "max_in_flight" if settings.is_scheduled else "concurrency"
    shared = getattr(settings, name)
    if shared < settings.workers:
        flag = name.replace("_", "-")
        raise RefusedError(
            f"--workers {settings.workers} share --{flag}, so it is to be at least as many,"
            f" found {shared}"
        )


def share_of(settings: TrafficSettings, index: int) -> TrafficSettings:
    """The settings of one process: together they have as much in flight as is asked for."""
    count = settings.workers
    return settings.model_copy(
        update={
            name: max(1, whole // count + (index < whole % count))
            for name in ("concurrency", "max_in_flight")
            for whole in (getattr(settings, name),)
        }
    )


class Crew:
    """The processes of a run. `checks` are their words about themselves, `lost` who died how."""

    def __init__(self, settings: TrafficSettings, plan: Plan, observer: Observer) -> None:
        self.checks: list[SelfCheck] = []
        self.lost: list[str] = []
        self._settings = settings
        self._sha256 = plan.sha256
        self._observer = observer

    async def play(self) -> None:
        """Start all, let them begin together, hear them out; when cancelled, stop all.

        Raises: RefusedError where one of them ends before the others have begun.
        """
        shares: list[Share] = []
        try:
            for index in range(self._settings.workers):
                # one by one: those that run are ended also where one cannot be started
                shares.append(await self._start(index))  # noqa: PERF401
            await asyncio.gather(*(share.ready for share in shares))
            begin = Begin(time.perf_counter() + LEAD_SECONDS)
            for share in shares:
                share.tell(begin)
            await asyncio.wait([share.listening for share in shares])
        finally:
            await _end(shares)
            self.checks = [share.check for share in shares if share.check is not None]
            self.lost = [share.lost for share in shares if share.lost]

    async def _start(self, index: int) -> "Share":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "traffic", "share"),
            stdin=PIPE,
            stdout=PIPE,
            limit=LONGEST_LINE_BYTES,
            start_new_session=True,  # a terminal's Ctrl-C is ours, and we tell them
        )
        count = self._settings.workers
        # what nobody set stays so there, too: a trace's models give way to a model that is set
        told = share_of(self._settings, index).model_dump(mode="json", exclude_unset=True)
        share = Share(process, f"worker {index + 1} of {count}", self._observer)
        share.tell(Job(told, index, count, self._sha256))
        return share


class Share:
    """One process. `ready` is done when it is warm, and fails when it ends before."""

    def __init__(self, process: Process, name: str, observer: Observer) -> None:
        self.check: SelfCheck | None = None
        self.lost = ""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.process = process
        self._name = name
        self._observer = observer
        self._is_stopped = False
        self.listening = spawn(self._listen(), name=name)

    def tell(self, order: Order) -> None:
        """Write an order; one for a process that has gone is nobody's."""
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(line_of(order))

    def stop(self) -> None:
        """Have it end: what is in flight is left, and told."""
        self._is_stopped = True
        if self.process.stdin is not None:
            self.process.stdin.close()

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        reason = ""
        try:
            # one that is cut is the last word of a process that died
            while (line := await self.process.stdout.readline()).endswith(b"\n"):
                reason = self._hear(report_of(line)) or reason
        except (ValueError, msgspec.DecodeError):  # a line that is no report, or far too long
            with suppress(ProcessLookupError):
                self.process.kill()
        code = await self.process.wait()
        if self.check is None and not self._is_stopped:
            self.lost = reason or f"{self._name} {_how_it_ended(code)}"
        if not self.ready.done():
            self.ready.set_exception(RefusedError(self.lost or f"{self._name} was stopped"))
            self.ready.exception()  # nobody need ask: who waits is told all the same

    def _hear(self, report: Report) -> str:
        match report:
            case Ready():
                if not self.ready.done():
                    self.ready.set_result(None)
            case Asked(question):
                self._observer.asked(question_of(question))
            case Dropped(question):
                self._observer.dropped(question_of(question))
            case Answered(attempt):
                self._observer.answered(attempt)
            case Done(check):
                self.check = check
            case Refused(sentence):
                return sentence
        return ""


async def _end(shares: Sequence[Share]) -> None:
    """Stop those that still run, and see that none does afterwards."""
    for share in shares:
        share.stop()
    if shares:
        await asyncio.wait([share.listening for share in shares], timeout=STOP_SECONDS)
    for share in shares:
        if not share.listening.done():
            with suppress(ProcessLookupError):
                share.process.kill()
        await share.listening


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by a signal: {signal.strsignal(-code) or -code}"
    return f"ended with exit code {code}"
