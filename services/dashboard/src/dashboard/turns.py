"""In which turn Prometheus is asked: what is short does not wait behind what is long.

Who leaves a query without any answer may hang, or may have found that one too much. It is asked for
next to nothing before the queries that wait: each would take its whole time, one after the other.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from dashboard.promql import Found, SilenceError
from dashboard.views import Grid

LONG_SECONDS = 7200
"""Queries of longer stretches have places of their own, half as many."""


class Prometheus(Protocol):
    """Who is asked; promql.py has it."""

    async def range(self, expr: str, grid: Grid, look_back_seconds: float, /) -> Sequence[Found]:
        """What an expression was at each instant of a grid. Raises: QueryError."""

    async def is_heard(self) -> bool:
        """Whether it answers at all, within a moment."""


class Turns:
    """Lets so many queries be asked at once."""

    def __init__(self, prometheus: Prometheus, at_once: int) -> None:
        self._prometheus = prometheus
        self._short = asyncio.Semaphore(at_once)
        self._long = asyncio.Semaphore(max(1, at_once // 2))
        self._silence: SilenceError | None = None
        self._silent_at = self._heard_at = self._hung_at = 0.0

    async def range(self, expr: str, grid: Grid, look_back_seconds: float) -> Sequence[Found]:
        """The answer, in its turn. Raises: QueryError."""
        came = time.perf_counter()
        is_long = grid.count * grid.step > LONG_SECONDS
        async with self._long if is_long else self._short:
            await self._require_voice(came)
            try:
                return await self._prometheus.range(expr, grid, look_back_seconds)
            except SilenceError as error:
                self._silence, self._silent_at = error, time.perf_counter()
                raise

    async def _require_voice(self, came: float) -> None:
        """Raises: SilenceError where it hangs since this query waits."""
        if self._silence is None or max(came, self._heard_at) > self._silent_at:
            return
        if self._hung_at < came:
            if await self._prometheus.is_heard():
                self._heard_at = time.perf_counter()
                return
            self._hung_at = time.perf_counter()
        raise SilenceError(str(self._silence), self._silence.remedy)
