"""Plays a plan: by a number of questions in flight (closed loop), or by a schedule (open loop).

A plan whose questions have an instant (`at_seconds`) is played by it: each question starts at its
instant, whatever becomes of the others. Without instants the next one starts as one ends.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from typing import Protocol

from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt
from traffic.request.protocol import ASSISTANT, Message, opening, said_by_user
from traffic.request.sending import attempt_for
from traffic.settings import TrafficSettings

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[object]]

SPIN_RATIO = 0.05
SPIN_SECONDS = 0.001
"""Timers of an event loop keep milliseconds. The last bit before an instant is therefore waited
for by asking the clock: at most so long, and at most this share of the whole wait."""

LATE_AT_ONCE = 8
"""A schedule that is late waits for nothing. After so many questions it lets others have a turn:
those that were begun are sent, answers are read, and a stop is heard."""


class Source(Protocol):
    """What the runner needs of a plan."""

    def stream(self) -> Iterator[PlannedQuestion]:
        """The questions in order, perhaps without end; those that warm up come first."""


class Asker(Protocol):
    """What the runner needs of a client."""

    async def unload(self, question: PlannedQuestion) -> bool:
        """Have the question's model unloaded; whether it is."""

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        """Send one turn, note in `attempt` what is seen; return the answer's text."""


class Observer(Protocol):
    """Told what happens, as it happens."""

    def asked(self, question: PlannedQuestion) -> None:
        """A request of this question is about to be sent."""

    def answered(self, attempt: Attempt) -> None:
        """A request has ended, well or not, or was left."""

    def dropped(self, question: PlannedQuestion) -> None:
        """A question was due while too many others were in flight: it is not asked."""


async def play(
    plan: Source,
    asker: Asker,
    settings: TrafficSettings,
    observer: Observer,
    clock: Clock = time.perf_counter,
    sleep: Sleep = asyncio.sleep,
    begins: float | None = None,
) -> None:
    """Ask every question of the plan; those that warm up first, one after the other.

    When this is cancelled, the requests in flight are left, and told to the observer as that.
    `clock` must be the asker's. `begins` is the instant 0 of what is measured, where it is shared
    with other processes; else it is when the warm-up has ended.
    """
    player = _Player(asker, settings, observer, clock, sleep)
    waiting = plan.stream()
    for question in waiting:
        if not question.is_warm_up:
            waiting = chain((question,), waiting)
            break
        await player.converse(question, clock())
    else:
        return
    if begins is None:
        begins = clock()
    await player.until(begins)
    await player.measured(question.at_seconds is not None, waiting, begins)


class _Player:
    def __init__(
        self,
        asker: Asker,
        settings: TrafficSettings,
        observer: Observer,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._asker = asker
        self._settings = settings
        self._observer = observer
        self._clock = clock
        self._sleep = sleep
        self._in_flight = 0

    async def measured(
        self, has_schedule: bool, waiting: Iterator[PlannedQuestion], begins: float
    ) -> None:
        """Play what is measured; nothing starts later than the duration after `begins`."""
        ends = begins + (self._settings.duration_seconds or math.inf)
        async with asyncio.TaskGroup() as group:
            if has_schedule:
                await self._by_schedule(group, waiting, begins, ends)
                return
            for _ in range(self._settings.concurrency):
                group.create_task(self._work(waiting, ends))

    async def _work(self, waiting: Iterator[PlannedQuestion], ends: float) -> None:
        """One place of a closed loop."""
        while self._clock() < ends and (question := next(waiting, None)) is not None:
            await self.converse(question, self._clock())

    async def _by_schedule(
        self,
        group: asyncio.TaskGroup,
        waiting: Iterator[PlannedQuestion],
        begins: float,
        ends: float,
    ) -> None:
        late = 0
        for question in waiting:
            due = begins + (question.at_seconds or 0.0)
            if due >= ends:
                return
            if self._clock() < due:
                await self.until(due)
            elif (late := late + 1) % LATE_AT_ONCE == 0:
                await self._sleep(0)
            if self._in_flight >= self._settings.max_in_flight:
                self._observer.dropped(question)
            else:
                self._in_flight += 1
                group.create_task(self._one_of_schedule(question, due))

    async def _one_of_schedule(self, question: PlannedQuestion, due: float) -> None:
        try:
            await self.converse(question, due)
        finally:
            self._in_flight -= 1

    async def until(self, due: float) -> None:
        """Wait for an instant."""
        left = due - self._clock()
        spin = min(SPIN_SECONDS, left * SPIN_RATIO)
        while left > 0:
            await self._sleep(max(0.0, left - spin))
            left = due - self._clock()

    async def converse(self, question: PlannedQuestion, scheduled: float) -> None:
        """Ask each turn with the conversation so far; stop where one has no whole answer."""
        is_cold = False
        if question.unload_first:
            is_cold = await self._asker.unload(question)
            scheduled = self._clock()  # what unloading takes is no wait of the question's
        messages = opening(question)
        for turn in range(len(question.turns)):
            messages.append(said_by_user(question, turn))
            attempt = attempt_for(question, turn, scheduled)
            attempt.is_cold = is_cold and turn == 0
            self._observer.asked(question)
            try:
                reply = await self._asker.ask(attempt, question, messages)
            finally:
                self._observer.answered(attempt)
            if not attempt.is_ok:
                return
            messages.append({"role": ASSISTANT, "content": reply})
            scheduled = self._clock()
