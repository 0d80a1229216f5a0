"""Keeps the models' accounts by what the processes tell, whoever asks them and for what.

A mistake in it is counted and said once. It keeps nobody from what was asked for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import structlog

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import OTHER
from ollama_observe.service.tasks import meanwhile
from proxy.finished import Table, Tables
from proxy.insight.accounts import Accounts
from proxy.routing import Routing

SETTLE_SECONDS = 30.0
"""So often at least, also where nobody scrapes: what is not told is kept in memory."""

_log = structlog.stdlib.get_logger("proxy.relay")


class Bookkeeping:
    """Of one proxy: by the process that is asked for metrics."""

    def __init__(
        self, accounts: Accounts, ledger: Ledger, every_seconds: float = SETTLE_SECONDS
    ) -> None:
        """`ledger`: where mistakes are counted."""
        self._accounts = accounts
        self._ledger = ledger
        self._every_seconds = every_seconds
        self._has_failed = False

    def take(self, table: Table) -> None:
        """A process has told something: to be called once for each table, also for a late one."""
        with self._failing_open("take"):
            self._accounts.take(table.models)

    def over(self, tables: Tables) -> Tables:
        """The same tables; the accounts are settled by them before anybody sees them."""

        async def settled() -> list[Table]:
            found = await tables()
            with self._failing_open("settle"):
                self._accounts.settle([table.models for table in found])
            return found

        return settled

    @contextlib.asynccontextmanager
    async def settling(self, tables: Tables) -> AsyncIterator[None]:
        """Ask for tables now and then while the block runs."""

        async def ask() -> None:
            while True:
                await asyncio.sleep(self._every_seconds)
                with self._failing_open("ask"):
                    await tables()

        async with meanwhile(ask(), name="settle the models' time"):
            yield

    @contextlib.contextmanager
    def _failing_open(self, where: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (fail open, and counted)
            labels = OTHER, "exception", Routing.DIRECT.value
            self._ledger.add(m.EXTRACTION_ERRORS, 1, labels)
            if not self._has_failed:
                self._has_failed = True
                _log.error("measuring_failed", where=where, error=type(error).__name__)
