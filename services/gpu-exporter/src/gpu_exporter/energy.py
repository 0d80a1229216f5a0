"""Energy that only grows, from a counter that wraps, resets or freezes, or from power over time.

Pure. What cannot be told is not added, and counted: a gap in the readings, a counter that went
back, a leap that no hardware makes. So the total is a lower bound, never an invention.
"""

from dataclasses import dataclass

LONGEST_GAP_SECONDS = 300.0
"""Two readings further apart say nothing of the time between."""

_ABOVE_LIMIT = 1.2
"""Boards overshoot their limit for moments; more than this is no energy."""


@dataclass(slots=True)
class _Last:
    at: float
    value: float


class CounterMeter:
    """Joules from a counter that somebody else keeps.

    `wraps_at_joules`: the counter goes from there back to 0 (RAPL); None: a step back is a
    reset, and what was used around it is not known.
    `limit_watts`: the most that the source can use; None: not known.
    Units: seconds of a monotonic clock, joules.
    """

    def __init__(
        self, wraps_at_joules: float | None = None, limit_watts: float | None = None
    ) -> None:
        self.total_joules = 0.0
        self.discontinuities = 0
        self._wraps_at_joules = wraps_at_joules
        self._limit_watts = limit_watts
        self._last: _Last | None = None

    def add(self, at: float, joules: float) -> float:
        """The counter stood at `joules` at the instant `at`; what that adds."""
        last, self._last = self._last, _Last(at, joules)
        if last is None:
            return 0.0
        used = joules - last.value
        if used < 0 and self._wraps_at_joules is not None:
            used += self._wraps_at_joules
        return self._take(used, at - last.at)

    def _take(self, used: float, elapsed: float) -> float:
        if not self._is_plausible(used, elapsed):
            self.discontinuities += 1
            return 0.0
        self.total_joules += used
        return used

    def _is_plausible(self, used: float, elapsed: float) -> bool:
        if used < 0 or not 0 < elapsed <= LONGEST_GAP_SECONDS:
            return False
        return self._limit_watts is None or used <= _ABOVE_LIMIT * self._limit_watts * elapsed


class PowerMeter:
    """Joules from power: the mean of two readings, times the time between them.

    Units: seconds of a monotonic clock, watts, joules.
    """

    def __init__(self) -> None:
        self.total_joules = 0.0
        self.discontinuities = 0
        self._last: _Last | None = None

    def add(self, at: float, watts: float) -> float:
        """The power was `watts` at the instant `at`; what that adds."""
        last, self._last = self._last, _Last(at, watts)
        if last is None:
            return 0.0
        elapsed = at - last.at
        if not 0 < elapsed <= LONGEST_GAP_SECONDS:
            self.discontinuities += 1
            return 0.0
        used = (last.value + watts) / 2 * elapsed
        self.total_joules += used
        return used
