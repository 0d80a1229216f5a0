"""One process of `--workers`: warms up, waits for the others, plays its share, tells what it sees.

It is started by another of this program, which writes to its standard input and reads its
standard output. When that input ends, it stops: nothing is left over when the other has died.
"""

import asyncio
import os
import stat
import sys
from array import array
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace

import msgspec

from ollama_observe.service.logging import configure_logging
from ollama_observe.service.loops import loop_factory
from ollama_observe.service.tasks import spawn
from traffic.bank.loading import BankError
from traffic.bank.place import bank_of
from traffic.plan.plan import Plan, PlanError, PlannedQuestion, make_plan, shard
from traffic.refusals import RefusedError
from traffic.request.attempt import Attempt
from traffic.request.client import Client, open_http
from traffic.run.runner import play
from traffic.run.selfcheck import Watch
from traffic.settings import TrafficSettings
from traffic.sharding.messages import (
    Answered,
    Asked,
    Begin,
    Done,
    Dropped,
    Job,
    Ready,
    Refused,
    Report,
    line_of,
    outline_of,
)

NOT_BY_HAND = "share is a process of --workers, started by a run: expected a job on standard input"
STDIN = 0
MOST_KEPT = 100_000
"""Requests by which a share is judged to have kept its schedule: of more, the last ones."""

CHANGED = "the question bank changed while the run was starting: start it again"


def main(_: list[str]) -> int:
    """Play the share that standard input describes."""
    if not _is_told():
        raise RefusedError(NOT_BY_HAND)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_work())
    return 0


def _is_told() -> bool:
    """Whether a process may be at the other end: the event loop ends this one where none is."""
    try:
        mode = os.fstat(STDIN).st_mode
    except OSError:  # it is closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


async def _work() -> None:
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        job = msgspec.json.decode(await orders.readline(), type=Job)
        transport, pipe = await loop.connect_write_pipe(_Pipe, sys.stdout)
    except (ValueError, msgspec.MsgspecError) as error:
        raise RefusedError(NOT_BY_HAND) from error
    teller = Teller(transport)
    try:
        await _until_stopped(_play(job, teller, begin := loop.create_future()), orders, begin)
    finally:
        transport.close()  # when all is written
        await pipe.is_closed.wait()


async def _until_stopped(
    work: Awaitable[None], orders: asyncio.StreamReader, begin: "asyncio.Future[float]"
) -> None:
    playing = asyncio.ensure_future(work)
    obeying = spawn(_obey(orders, begin, playing), name="orders")
    try:
        with suppress(asyncio.CancelledError):
            await playing
    finally:
        obeying.cancel()


async def _obey(
    orders: asyncio.StreamReader, begin: "asyncio.Future[float]", playing: "asyncio.Future[None]"
) -> None:
    while line := await orders.readline():
        begin.set_result(msgspec.json.decode(line, type=Begin).at)
    playing.cancel()


async def _play(job: Job, teller: "Teller", begin: "asyncio.Future[float]") -> None:
    settings = TrafficSettings.model_validate(job.settings)
    configure_logging("traffic", settings.log_level, settings.log_format)
    try:
        plan = await asyncio.to_thread(_share, job, settings)
    except (BankError, PlanError) as error:
        teller.tell(Refused(str(error)))
        return
    async with open_http(settings) as http:
        client, watch = Client(http, settings), Watch()
        await play(replace(plan, questions=(), endless=None), client, settings, teller)
        teller.tell(Ready())
        at = await begin
        try:
            async with watch:
                await play(replace(plan, warm_up=()), client, settings, teller, begins=at)
        finally:
            check = watch.check(teller.attempts, has_schedule=settings.is_scheduled)
            teller.tell(Done(check))


def _share(job: Job, settings: TrafficSettings) -> Plan:
    whole = make_plan(bank_of(settings), settings)
    if whole.sha256 != job.sha256:
        raise PlanError(CHANGED)
    return shard(whole, job.index, job.count)


class _Pipe(asyncio.BaseProtocol):
    def __init__(self) -> None:
        self.is_closed = asyncio.Event()

    def connection_lost(self, _: Exception | None) -> None:
        self.is_closed.set()


class Teller:
    """An observer that tells the other process. A pipe that is full holds up no question."""

    def __init__(self, transport: asyncio.WriteTransport, most_kept: int = MOST_KEPT) -> None:
        self.attempts: deque[Attempt] = deque(maxlen=most_kept)
        """Without their gaps, which nothing here is judged by."""
        self._transport = transport

    def tell(self, report: Report) -> None:
        """Write a report; what comes after the reader has gone is nobody's."""
        if not self._transport.is_closing():
            self._transport.write(line_of(report))

    def asked(self, question: PlannedQuestion) -> None:
        """Tell it."""
        self.tell(Asked(outline_of(question)))

    def answered(self, attempt: Attempt) -> None:
        """Tell all its facts, and keep what the schedule is judged by."""
        self.tell(Answered(attempt))
        self.attempts.append(replace(attempt, gaps_seconds=array("d")))

    def dropped(self, question: PlannedQuestion) -> None:
        """Tell it."""
        self.tell(Dropped(outline_of(question)))
