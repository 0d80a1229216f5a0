"""Sums over the last minute and over the day, in words of memory that processes share.

Each process writes words of its own; who asks adds up those of all. A word holds a time and an
amount together, so that it is stored whole: an amount whose time is over counts as nothing, and
nobody has to clear it.
"""

import math

STEP_SECONDS = 3
STEPS = 20
"""A minute is twenty steps: the one in progress and the nineteen before it."""
DAY_SECONDS = 86400

_AMOUNT_BITS = 40
_AMOUNT = (1 << _AMOUNT_BITS) - 1
_TIMES = 1 << 22
"""Times count around: a step of half a year ago would be taken for one of now."""


class Minute:
    """One process's last minute: STEPS words."""

    def __init__(self, words: "memoryview[int]") -> None:
        self._words = words

    def add(self, now: float, amount: int) -> None:
        """Something happened at `now`, in seconds of a clock that all processes share."""
        step = int(now // STEP_SECONDS)
        place = step % STEPS
        self._words[place] = _with(self._words[place], step, amount)

    def by_step(self, now: float) -> list[int]:
        """The amounts of the minute, the oldest step first, the one in progress last."""
        last = int(now // STEP_SECONDS)
        words = self._words
        return [_at(words[step % STEPS], step) for step in range(last - STEPS + 1, last + 1)]


class Day:
    """One process's day of UTC: one word."""

    def __init__(self, words: "memoryview[int]") -> None:
        self._words = words

    def add(self, unix_seconds: float, amount: int) -> None:
        """Something happened."""
        self._words[0] = _with(self._words[0], int(unix_seconds // DAY_SECONDS), amount)

    def sum(self, unix_seconds: float) -> int:
        """What this day has had so far."""
        return _at(self._words[0], int(unix_seconds // DAY_SECONDS))


def seconds_until_below(amounts: list[int], limit: int, now: float) -> int:
    """Whole seconds until a minute whose steps had these amounts has room below `limit`."""
    left = sum(amounts)
    for gone, amount in enumerate(amounts, 1):
        left -= amount
        if left < limit:
            return max(1, math.ceil(gone * STEP_SECONDS - now % STEP_SECONDS))
    return STEPS * STEP_SECONDS


def seconds_until_tomorrow(unix_seconds: float) -> int:
    """Whole seconds until the next day of UTC."""
    return max(1, math.ceil(DAY_SECONDS - unix_seconds % DAY_SECONDS))


def _with(word: int, time: int, amount: int) -> int:
    return (time % _TIMES) << _AMOUNT_BITS | min(_AMOUNT, _at(word, time) + amount)


def _at(word: int, time: int) -> int:
    return word & _AMOUNT if word >> _AMOUNT_BITS == time % _TIMES else 0
