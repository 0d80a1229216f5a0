"""What one process of a foreign runner, as Locust's, asks of a plan, and what it has seen.

The runner has the users and the network between machines; here are the share, its order and its
instants, and what the whole comes to.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from rich.console import Console

from traffic.plan.plan import shard
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt
from traffic.run.command import Prepared
from traffic.run.conclusion import conclude
from traffic.run.keeping import LIMITS, Limits, keeper_of
from traffic.run.playing import Played
from traffic.run.selfcheck import SelfCheck, schedule_lag
from traffic.sharding.messages import attempts_of, bytes_of

Converse = Callable[[PlannedQuestion, float, Callable[[Attempt], None]], None]
"""Asks a question that was scheduled at an instant, and tells each attempt."""


class Swarm:
    """The share of a process. `sleep` and `warming` are the runner's: one user at a time warms up.

    `played` holds what was heard, of this process and of others, each by its own `now`; `is_over`
    is for the runner to say: all shares have been asked.
    """

    def __init__(
        self,
        prepared: Prepared,
        sleep: Callable[[float], object],
        warming: AbstractContextManager[object],
        clock: Callable[[], float] = time.perf_counter,
        limits: Limits = LIMITS,
    ) -> None:
        self.settings = prepared.settings
        self._prepared = prepared
        self._sleep = sleep
        self._warming = warming
        self._clock = clock
        self._limits = limits
        self.begin(0, 1)

    def begin(self, index: int, count: int) -> None:
        """Take the share at `index` of `count`; its clock shows 0 now."""
        self._keeper = keeper_of(self._prepared.plan, self._prepared.is_good, self._limits)
        self.played = Played(0.0, datetime.now(UTC), attempts=self._keeper.attempts)
        self.is_over = False
        self._untold: list[Attempt] = []
        self._waiting = iter(shard(self._prepared.plan, index, count).stream())
        self._began = self._clock()
        self._measured: float | None = None

    def now(self) -> float:
        """Seconds since the share was taken: the clock of its attempts."""
        return self._clock() - self._began

    def ask_next(self, converse: Converse, show: Callable[[Attempt], None]) -> bool:
        """Ask the next question at its instant; whether there was one.

        `show` is told of each measured request.
        """
        with self._warming:
            question = next(self._waiting, None)
            while question is not None and question.is_warm_up:
                converse(question, self.now(), self._keep)
                question = next(self._waiting, None)
            if self._measured is None:
                self._measured = self.now()
        if question is None or (due := self._due(question, self._measured)) is None:
            return False
        self._sleep(max(0.0, due - self.now()))

        def tell(attempt: Attempt) -> None:
            self._keep(attempt)
            show(attempt)

        converse(question, due, tell)
        return True

    def _due(self, question: PlannedQuestion, measured: float) -> float | None:
        """When a question is to be asked; None where the time of the run is over by then."""
        at, limit = question.at_seconds, self.settings.duration_seconds
        due = self.now() if at is None else measured + at
        return None if limit is not None and due >= measured + limit else due

    def _keep(self, attempt: Attempt) -> None:
        self._untold.append(attempt)

    def tell(self) -> bytes:
        """What has not been told yet; it counts as told."""
        told, self._untold = self._untold, []
        return bytes_of(told)

    def hear(self, told: bytes) -> None:
        """Take in what a process tells."""
        for attempt in attempts_of(told):
            self._keeper.keep(attempt)

    def conclude(self, status: Console, stopped_by: int | None = None) -> int:
        """Show the summary, write the results; the exit code.

        `stopped_by` is that of a signal: of no account where all was asked before it came.
        """
        self.hear(self.tell())
        played = self.played
        played.stopped_by = None if self.is_over else stopped_by
        played.past = self._keeper.past
        played.attempts = sorted(
            self._keeper.attempts, key=lambda one: (not one.is_warm_up, one.index, one.turn)
        )
        played.seconds = self.now()
        if self.settings.is_scheduled:
            played.check = SelfCheck(schedule_lag(played.attempts), None, None)
        return conclude(self.settings, self._prepared.plan, self._prepared.slo, played, status)
