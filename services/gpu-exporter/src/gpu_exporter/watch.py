"""A collector under watch: its latest readings, and how it fares."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from gpu_exporter.collector import Collector
from gpu_exporter.errors import Incomplete, Unavailable
from gpu_exporter.journal import Journal
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import exporter as m

METRICS = (m.COLLECTOR_UP, m.COLLECTOR_ERRORS, m.COLLECTOR_DURATION, m.COLLECTOR_LAST_SUCCESS)
"""What is said of every collector."""


class Outcome(Enum):
    """How the latest run of a collector ended."""

    PENDING = auto()
    """There was none yet."""
    UP = auto()
    ABSENT = auto()
    """This machine has nothing of it: no failure."""
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a collector. Units: `*_at` monotonic seconds, but `succeeded_unix`.

    `began_at` is set while it runs. `detail` is a sentence for an operator, empty after a success.
    """

    outcome: Outcome = Outcome.PENDING
    readings: tuple[Reading, ...] = ()
    began_at: float | None = None
    ended_at: float | None = None
    succeeded_unix: float | None = None
    duration_seconds: float | None = None
    errors: int = 0
    detail: str = "has not run yet"


class Watch:
    """Runs a collector in its lane's thread; any thread reads how it went."""

    def __init__(
        self,
        collector: Collector,
        stale_after_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (timestamps, no intervals)
    ) -> None:
        self.name = collector.name
        self._collector = collector
        self._metrics = frozenset(collector.metrics)
        self._stale_after_seconds = stale_after_seconds
        self._clock = clock
        self._wall_clock = wall_clock
        self._journal = Journal(self.name, clock)
        # replaced whole, so that another thread sees one state or the next
        self._state = State()

    def run(self) -> None:
        """Collect once. A failure withdraws what was read before: it is not true any more."""
        began = self._clock()
        before = self._state = replace(self._state, began_at=began)
        after = self._collected(before)
        ended = self._clock()
        self._state = replace(after, began_at=None, ended_at=ended, duration_seconds=ended - began)

    def close(self) -> None:
        """Let the collector give back what it holds open, if it does."""
        close = getattr(self._collector, "close", None)
        if close is not None:
            close()

    def _collected(self, before: State) -> State:
        found: list[Reading] = []
        try:
            self._take(found)
        except Unavailable as reason:
            self._journal.absent(str(reason))
            return replace(before, outcome=Outcome.ABSENT, readings=(), detail=str(reason))
        except Incomplete as reason:
            return self._failed(before, tuple(found), str(reason), reason)
        except Exception as error:  # noqa: BLE001 (one collector's defect is not the others')
            said = f"{type(error).__name__}: {error}".removesuffix(": ")
            return self._failed(before, (), said, error)
        self._journal.up()
        return replace(
            before,
            outcome=Outcome.UP,
            readings=tuple(found),
            succeeded_unix=self._wall_clock(),
            detail="",
        )

    def _take(self, found: list[Reading]) -> None:
        """Put what is read into `found`. Raises: ValueError for what would spoil a scrape."""
        seen = set()
        for reading in self._collector.collect():
            _check(reading)
            if reading.metric not in self._metrics:
                raise ValueError(f"{reading.metric.name} is not this collector's")
            series = (reading.metric, reading.labels)
            if series in seen:
                raise ValueError(f"{reading.metric.name}{reading.labels} was read twice")
            seen.add(series)
            found.append(reading)

    def _failed(
        self, before: State, readings: tuple[Reading, ...], detail: str, error: Exception
    ) -> State:
        self._journal.failed(detail, error)
        return replace(
            before,
            outcome=Outcome.FAILED,
            readings=readings,
            errors=before.errors + 1,
            detail=detail,
        )

    @property
    def has_failed(self) -> bool:
        """Whether it should work, and does not. That there is nothing to read is no failure."""
        state = self._state
        return self._is_hanging(state) or state.outcome is Outcome.FAILED

    @property
    def detail(self) -> str:
        """Why it is not up, as a sentence; empty while it is."""
        state = self._state
        if state.began_at is not None and self._is_hanging(state):
            return f"hangs since {self._clock() - state.began_at:.0f} s"
        if state.ended_at is not None and not self._is_fresh(state):
            since = self._clock() - state.ended_at
            return f"not read for {since:.0f} s: a collector before it takes too long"
        return state.detail

    def readings(self) -> Iterator[Reading]:
        """What the collector read, while it is fresh, and how it fares."""
        state = self._state
        is_fresh = self._is_fresh(state)
        if is_fresh:
            yield from state.readings
        is_up = is_fresh and state.outcome is Outcome.UP
        yield Reading(m.COLLECTOR_UP, float(is_up), (self.name,))
        yield Reading(m.COLLECTOR_ERRORS, float(state.errors), (self.name,))
        yield from one(m.COLLECTOR_DURATION, self._duration(state), self.name)
        yield from one(m.COLLECTOR_LAST_SUCCESS, state.succeeded_unix, self.name)

    def _is_hanging(self, state: State) -> bool:
        began = state.began_at
        return began is not None and self._clock() - began > self._stale_after_seconds

    def _is_fresh(self, state: State) -> bool:
        ended = state.ended_at
        return ended is not None and self._clock() - ended <= self._stale_after_seconds

    def _duration(self, state: State) -> float | None:
        if state.began_at is None:
            return state.duration_seconds
        running = self._clock() - state.began_at
        return max(running, state.duration_seconds or 0.0)


def _check(reading: Reading) -> None:
    metric, labels = reading.metric, reading.labels
    if len(labels) != len(metric.labels):
        raise ValueError(f"{metric.name}: expected labels {metric.labels}, found {labels}")
    if not math.isfinite(reading.value):
        raise ValueError(f"{metric.name}{labels}: {reading.value} is no value")
    # what UTF-8 cannot carry would fail the whole scrape
    "".join(labels).encode()
