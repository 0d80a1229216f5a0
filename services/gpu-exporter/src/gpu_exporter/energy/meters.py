"""Energy that only grows, from a counter that wraps, resets or freezes, or from power over time.

Pure. What cannot be told is not added, and counted: a gap in the readings, a counter that went
back, a leap that no hardware makes. So a counter's total is a lower bound, never an invention.
"""

from dataclasses import dataclass

LONGEST_GAP_SECONDS = 300.0
"""Two readings further apart say nothing of the time between."""

ABOVE_LIMIT_RATIO = 1.2
"""Boards overshoot their limit for moments; more than this is no energy."""

SLACK_SECONDS = 1.0
"""A counter is brought up to date when its hardware likes: what it says may be so much older than
the reading of it, and the one before was not."""

MOST_WATTS = 5000.0
"""Where nobody names a limit: no single card and no CPU draws so much."""


@dataclass(slots=True)
class _Last:
    at: float
    value: float


class _Meter:
    """A total that takes what is plausible."""

    def __init__(self, limit_watts: float | None) -> None:
        self.total_joules = 0.0
        self.discontinuities = 0
        self.limit_watts = limit_watts
        self._last: _Last | None = None

    def skip(self) -> None:
        """What is used up to the next reading is for somebody else to tell."""
        self._last = None

    def lose(self) -> None:
        """Nobody can tell what is used up to the next reading: that is a break."""
        if self._last is not None:
            self.discontinuities += 1
        self.skip()

    def _take(self, used: float, elapsed: float) -> float:
        most = ABOVE_LIMIT_RATIO * (self.limit_watts or MOST_WATTS) * (elapsed + SLACK_SECONDS)
        if not (0 < elapsed <= LONGEST_GAP_SECONDS and 0 <= used <= most):
            self.discontinuities += 1
            return 0.0
        self.total_joules += used
        return used


class CounterMeter(_Meter):
    """Joules from a counter that somebody else keeps.

    `wraps_at_joules`: the counter goes from there back to 0 (RAPL); None: a step back is a
    reset, and what was used around it is not known.
    `limit_watts`: the most that the source can use; it may be changed. None or 0: not known.
    Units: seconds of a monotonic clock, joules.
    """

    def __init__(
        self, wraps_at_joules: float | None = None, limit_watts: float | None = None
    ) -> None:
        super().__init__(limit_watts)
        self._wraps_at_joules = wraps_at_joules

    def add(self, at: float, joules: float) -> float:
        """The counter stood at `joules` at the instant `at`; what that adds."""
        last, self._last = self._last, _Last(at, joules)
        if last is None:
            return 0.0
        used = joules - last.value
        if used < 0 and self._wraps_at_joules is not None:
            used += self._wraps_at_joules
        return self._take(used, at - last.at)


class PowerMeter(_Meter):
    """Joules from power: the mean of two readings, times the time between them.

    `limit_watts` and units: as of the CounterMeter; watts.
    """

    def __init__(self, limit_watts: float | None = None) -> None:
        super().__init__(limit_watts)

    def add(self, at: float, watts: float) -> float:
        """The power was `watts` at the instant `at`; what that adds."""
        last, self._last = self._last, _Last(at, watts)
        if last is None:
            return 0.0
        elapsed, is_power = at - last.at, min(last.value, watts) >= 0
        return self._take((last.value + watts) / 2 * elapsed if is_power else -1.0, elapsed)
