"""What a component draws while it has nothing to do: pure.

The 5th percentile, not the minimum and not the mean: a card stays fast for seconds after a
request, and one reading may be off.
"""

import math
from collections import deque

LATEST_READINGS = 600
ENOUGH_READINGS = 30
_PERCENTILE = 0.05
_READING_SECONDS = 0.9
"""Counters move in steps: a reading over less says more of the step than of the power."""


class IdlePower:
    """Of one component in one state. Units: joules, seconds, watts."""

    def __init__(self) -> None:
        self._readings: deque[float] = deque(maxlen=LATEST_READINGS)
        self._joules = 0.0
        self._seconds = 0.0

    def add(self, joules: float, seconds: float) -> None:
        """What was used in a time that followed on what was added before.

        A counter that stands still is no power of 0: the reading lasts until it moves.
        """
        self._joules += joules
        self._seconds += seconds
        if self._seconds >= _READING_SECONDS and self._joules > 0:
            self._readings.append(self._joules / self._seconds)
            self.interrupt()

    def interrupt(self) -> None:
        """The state has ended: what was begun is no reading."""
        self._joules = self._seconds = 0.0

    @property
    def watts(self) -> float | None:
        """None before there were enough readings."""
        count = len(self._readings)
        if count < ENOUGH_READINGS:
            return None
        return sorted(self._readings)[math.ceil(_PERCENTILE * count) - 1]
