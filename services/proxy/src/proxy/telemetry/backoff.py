"""How long to wait before the same is sent again, and when to wait no longer. Units: seconds."""

import random
from collections.abc import Callable

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0
IN_ALL_SECONDS = 300.0


class Backoff:
    """Of one thing that was not taken. `chance` gives numbers from 0 up to 1."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._next_seconds = FIRST_SECONDS
        self._waited_seconds = 0.0

    def wait(self, asked_seconds: float) -> float | None:
        """The next wait, at least as long as the other side asked for; None: give up.

        Each is twice as long as the one before, less up to half of it by chance, so that not all
        who were turned away come again at once.
        """
        seconds = self._next_seconds * (1.0 - self._chance() / 2)
        self._next_seconds = min(2 * self._next_seconds, LONGEST_SECONDS)
        seconds = max(seconds, asked_seconds)
        self._waited_seconds += seconds
        return None if self._waited_seconds > IN_ALL_SECONDS else seconds
