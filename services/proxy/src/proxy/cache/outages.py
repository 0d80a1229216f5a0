"""Whether what the cache asks is out of order: it is left alone then, and that is said once."""

from collections.abc import Callable


class Outage:
    """Of one such thing. `clock` gives seconds."""

    def __init__(self, rest_seconds: float, clock: Callable[[], float]) -> None:
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._is_on = False
        self._rests_until = 0.0

    @property
    def is_resting(self) -> bool:
        """It failed a moment ago: nobody is to ask."""
        return self._is_on and self._clock() < self._rests_until

    def failed(self) -> bool:
        """It did not do what it was asked; whether that is news."""
        is_news, self._is_on = not self._is_on, True
        self._rests_until = self._clock() + self._rest_seconds
        return is_news

    def worked(self) -> bool:
        """It did what it was asked; whether that is news."""
        is_news, self._is_on = self._is_on, False
        return is_news
