"""How long those who keep up wait for one who does not."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 30.0
"""In one answer: longer than a network fails for a moment, shorter than clients' own patience."""


class Patience:
    """Told when a wait begins and ends, as often as wanted; `is_out` once all of it is used up.

    What one wait has used the next one does not have, until it was out.
    """

    def __init__(
        self, is_out: Callable[[], None], clock: Callable[[], float], seconds: float
    ) -> None:
        self._is_out = is_out
        self._clock = clock
        self._seconds = seconds
        self._used_seconds = 0.0
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Somebody waits."""
        if self._timer is None:
            self._since = self._clock()
            left = max(0.0, self._seconds - self._used_seconds)
            self._timer = asyncio.get_running_loop().call_later(left, self._end_of_it)

    def end(self) -> None:
        """Nobody waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._used_seconds += self._clock() - self._since

    def _end_of_it(self) -> None:
        self._timer, self._used_seconds = None, 0.0
        self._is_out()
