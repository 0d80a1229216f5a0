"""A collector under watch: its latest readings, and how it fares."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import structlog

from gpu_exporter.collector import Collector, Unavailable
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import exporter as m

_log = structlog.stdlib.get_logger("gpu_exporter.watch")


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a collector. Units: `*_at` monotonic seconds, but `succeeded_unix`.

    `began_at` is set while it runs. `detail` is a sentence for an operator, empty after a success.
    """

    readings: tuple[Reading, ...] = ()
    is_up: bool = False
    succeeded_at: float | None = None
    succeeded_unix: float | None = None
    duration_seconds: float | None = None
    began_at: float | None = None
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
        self._stale_after_seconds = stale_after_seconds
        self._clock = clock
        self._wall_clock = wall_clock
        self._state = State()

    def run(self) -> None:
        """Collect once. A failure withdraws what was read before: it is not true any more."""
        began = self._clock()
        before = self._state = replace(self._state, began_at=began)
        try:
            readings = _checked(self._collector, self._collector.collect())
        except Unavailable as reason:
            after = replace(before, readings=(), is_up=False, detail=str(reason))
        except Exception as error:  # noqa: BLE001 (one collector's defect is not the others')
            detail = f"{type(error).__name__}: {error}"
            errors = before.errors + 1
            after = replace(before, readings=(), is_up=False, errors=errors, detail=detail)
        else:
            after = replace(
                before,
                readings=readings,
                is_up=True,
                succeeded_at=self._clock(),
                succeeded_unix=self._wall_clock(),
                detail="",
            )
        after = replace(after, began_at=None, duration_seconds=self._clock() - began)
        self._tell(before, after)
        self._state = after

    def is_hanging(self) -> bool:
        """Whether a run takes so long that what was read before it is too old."""
        began = self._state.began_at
        return began is not None and self._clock() - began > self._stale_after_seconds

    @property
    def detail(self) -> str:
        """Why it is not up, as a sentence; empty while it is."""
        began = self._state.began_at
        if began is not None and self.is_hanging():
            return f"hangs since {self._clock() - began:.0f} s"
        return self._state.detail

    @property
    def has_failed(self) -> bool:
        """Whether it should work, and does not. That there is nothing to read is no failure."""
        state = self._state
        return self.is_hanging() or (not state.is_up and bool(state.detail) and state.errors > 0)

    def readings(self) -> Iterator[Reading]:
        """What the collector read, while it is fresh, and how it fares."""
        state = self._state
        is_fresh = (
            state.succeeded_at is not None
            and self._clock() - state.succeeded_at <= self._stale_after_seconds
        )
        if is_fresh:
            yield from state.readings
        yield Reading(m.COLLECTOR_UP, float(state.is_up and is_fresh), (self.name,))
        yield Reading(m.COLLECTOR_ERRORS, state.errors, (self.name,))
        yield from one(m.COLLECTOR_DURATION, self._duration(state), self.name)
        yield from one(m.COLLECTOR_LAST_SUCCESS, state.succeeded_unix, self.name)

    def _duration(self, state: State) -> float | None:
        if state.began_at is None:
            return state.duration_seconds
        running = self._clock() - state.began_at
        return max(running, state.duration_seconds or 0.0)

    def _tell(self, before: State, after: State) -> None:
        if after.detail == before.detail:
            return
        if after.errors > before.errors:
            _log.warning("collector_failed", collector=self.name, detail=after.detail)
        elif after.detail:
            _log.info("collector_has_nothing", collector=self.name, detail=after.detail)
        elif before.succeeded_at is not None:
            _log.info("collector_recovered", collector=self.name)


def _checked(collector: Collector, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings, if they can be told apart. Raises: ValueError."""
    found = tuple(readings)
    seen = set()
    for reading in found:
        if reading.metric not in collector.metrics:
            raise ValueError(f"{reading.metric.name} is not this collector's")
        if len(reading.labels) != len(reading.metric.labels):
            raise ValueError(f"{reading.metric.name}: {len(reading.labels)} labels")
        series = (reading.metric, reading.labels)
        if series in seen:
            raise ValueError(f"{reading.metric.name}{reading.labels} was read twice")
        seen.add(series)
    return found
