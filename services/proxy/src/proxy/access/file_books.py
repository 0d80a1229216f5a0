"""Tells in the log and in metrics what became of the file of keys."""

import time
from collections.abc import Callable

import structlog

from ollama_observe.metrics.catalogue import access as m
from ollama_observe.metrics.ledger import Ledger

_log = structlog.stdlib.get_logger("proxy.access")


class FileBooks:
    """A Listener. `wall_clock` gives Unix time."""

    def __init__(
        self,
        ledger: Ledger,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (an instant, no interval)
    ) -> None:
        self._ledger = ledger
        self._wall_clock = wall_clock
        for result in ("taken", "refused"):
            ledger.add(m.RELOADS, 0, (result,))

    def taken(self, entries: int) -> None:
        """See Listener."""
        _log.info("keys_taken", entries=entries)
        self._ledger.add(m.RELOADS, 1, ("taken",))
        self._ledger.put(m.BROKEN, 0)
        self._ledger.put(m.ENTRIES, entries)
        self._ledger.put(m.TAKEN_AT, self._wall_clock())

    def refused(self, mistake: str) -> None:
        """See Listener."""
        _log.error("keys_refused", mistake=mistake, advice="what was in force stays so")
        self._ledger.add(m.RELOADS, 1, ("refused",))
        self._ledger.put(m.BROKEN, 1)
