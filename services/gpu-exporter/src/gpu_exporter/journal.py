"""What the log says of a subject: that it changed, at most once in a while."""

from collections.abc import Callable

import structlog

_log = structlog.stdlib.get_logger(__name__)

QUIET_SECONDS = 60.0
"""After a line; what comes and goes every other second does not fill the log."""


class News:
    """Whether how a subject fares is worth a line. `usual` is what is worth none at the start."""

    def __init__(self, clock: Callable[[], float], usual: object = None) -> None:
        self._clock = clock
        self._told = usual
        self._told_at: float | None = None

    def is_news(self, kind: object) -> bool:
        """Whether it is of another kind than what was told last; if so, it is told now."""
        now = self._clock()
        is_quiet = self._told_at is not None and now - self._told_at < QUIET_SECONDS
        if kind == self._told or is_quiet:
            return False
        self._told, self._told_at = kind, now
        return True


class Journal:
    """One collector's lines. A failure is told again only when it is of another kind."""

    def __init__(self, collector: str, clock: Callable[[], float]) -> None:
        self._collector = collector
        self._news = News(clock, usual="up")

    def up(self) -> None:
        """It works. That it does from the start is not worth a line."""
        if self._news.is_news("up"):
            _log.info("collector_recovered", collector=self._collector)

    def absent(self, reason: str) -> None:
        """This machine has nothing of it."""
        if self._news.is_news("absent"):
            _log.info("collector_has_nothing", collector=self._collector, detail=reason)

    def failed(self, detail: str, error: Exception) -> None:
        """It should work, and does not."""
        if self._news.is_news(type(error)):
            _log.warning("collector_failed", collector=self._collector, detail=detail)
        _log.debug("collection_failed", collector=self._collector, exc_info=error)
