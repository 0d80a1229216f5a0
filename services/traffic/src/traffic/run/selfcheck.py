"""Whether the generator itself kept up: a run that it could not keep says nothing of a server.

Three signs: requests that went out after their instant, an event loop that came late to its
timers (and so to the chunks that it notes), and a core that was used up. A loop that was late as a
rule makes a run invalid; one that was late now and then blurs small differences, which is a
remark. The verdict is pure; `Watch` takes the figures.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ollama_observe.service.tasks import spawn
from traffic.request.attempt import Attempt
from traffic.results.spreads import of_sorted
from traffic.results.units import milliseconds, percent, told_apart

SCHEDULE_LAG_P99_SECONDS = 0.010
LOOP_LAG_SECONDS = 0.010
"""Of the median for a run that is valid, of the 99th percentile for one without a remark."""
CPU_RATIO = 0.9

SHORTEST_SECONDS = 1.0
"""What is over sooner says nothing of loop and core: its beginning is most of it."""

LOOK_SECONDS = 0.02
LOOKS_KEPT = 90_000
"""Half an hour of them: of a longer run, its last half hour."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How late something was. Units: seconds; percentiles are exact."""

    count: int
    p50: float
    p99: float
    maximum: float


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What the generator came to. None: not measured, or nothing to measure."""

    schedule_lag: Lag | None
    """Sent after the instant of the schedule; None in a closed loop, which has none."""
    loop_lag: Lag | None
    """A timer of the event loop after its time."""
    cpu_ratio: float | None
    """CPU time of this process, of one core's."""
    is_too_short: bool = False
    """Over before loop and core could be judged."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the run is invalid, a sentence each; empty for a valid one."""
        found = []
        lag, limit = self.schedule_lag, SCHEDULE_LAG_P99_SECONDS
        if lag is not None and lag.p99 > limit:
            found.append(
                "the generator did not keep its schedule: requests went out"
                f" {told_apart(milliseconds, lag.p99, limit)} late"
                f" (p99; limit {milliseconds(limit)})"
            )
        lag, limit = self.loop_lag, LOOP_LAG_SECONDS
        if lag is not None and lag.p50 > limit:
            found.append(
                "the generator did not keep up with what came: its event loop was"
                f" {told_apart(milliseconds, lag.p50, limit)} late"
                f" (p50; limit {milliseconds(limit)})"
            )
        if self.cpu_ratio is not None and self.cpu_ratio > CPU_RATIO:
            found.append(
                f"the generator used {told_apart(percent, self.cpu_ratio, CPU_RATIO)} of a core"
                f" (limit {percent(CPU_RATIO, 0)}); --workers shares the plan among processes"
            )
        return tuple(found)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known of the figures of a valid run, a sentence each."""
        lag = self.loop_lag
        if lag is None or lag.p50 > LOOP_LAG_SECONDS or lag.p99 <= LOOP_LAG_SECONDS:
            return ()
        return (
            f"the generator's event loop was up to {milliseconds(lag.p99)} late (p99):"
            " smaller differences mean nothing",
        )

    @property
    def is_valid(self) -> bool:
        """Whether the run's figures are the server's."""
        return not self.reasons


def lag(values: Iterable[float]) -> Lag | None:
    """The figures of some delays; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return Lag(len(ordered), of_sorted(ordered, 0.50), of_sorted(ordered, 0.99), ordered[-1])


def schedule_lag(attempts: Iterable[Attempt]) -> Lag | None:
    """How late the requests of a schedule went out.

    A later turn has no instant of its own; and one that waited for its model to be unloaded was
    not late by the generator's fault.
    """
    return lag(
        attempt.delay_seconds
        for attempt in attempts
        if attempt.turn == 0 and not attempt.is_warm_up and not attempt.is_cold
    )


def merged(checks: Sequence[SelfCheck]) -> SelfCheck:
    """The check of several processes that shared a plan: the worst of each sign."""
    return SelfCheck(
        _worst([one.schedule_lag for one in checks]),
        _worst([one.loop_lag for one in checks]),
        max((one.cpu_ratio for one in checks if one.cpu_ratio is not None), default=None),
        is_too_short=all(one.is_too_short for one in checks),
    )


class Watch:
    """`async with Watch() as watch: await play(...)`, then `watch.check(...)`."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._lags: deque[float] = deque(maxlen=LOOKS_KEPT)
        self._began = self._ended = (0.0, 0.0)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._began = self._now()
        self._task = spawn(self._look(), name="event loop's lag")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = self._now()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def check(self, attempts: Iterable[Attempt], *, has_schedule: bool) -> SelfCheck:
        """What the generator came to while it was watched, or has until now."""
        seconds, cpu_seconds = (
            end - begin for end, begin in zip(self._last(), self._began, strict=True)
        )
        scheduled = schedule_lag(attempts) if has_schedule else None
        if seconds < SHORTEST_SECONDS:
            return SelfCheck(scheduled, None, None, is_too_short=True)
        return SelfCheck(scheduled, lag(self._lags), cpu_seconds / seconds)

    def _last(self) -> tuple[float, float]:
        return self._ended if self._ended > self._began else self._now()

    def _now(self) -> tuple[float, float]:
        return self._clock(), self._cpu_clock()

    async def _look(self) -> None:
        while True:
            due = self._clock() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._lags.append(max(0.0, self._clock() - due))


def _worst(lags: Sequence[Lag | None]) -> Lag | None:
    present = [one for one in lags if one is not None]
    if not present:
        return None
    return Lag(
        sum(one.count for one in present),
        max(one.p50 for one in present),
        max(one.p99 for one in present),
        max(one.maximum for one in present),
    )
