"""What is short does not wait behind what is long, and who is silent is not asked the rest."""

import asyncio
from collections.abc import Sequence

import pytest

from dashboard.promql import Found, SilenceError
from dashboard.turns import LONG_SECONDS, Turns
from dashboard.views import Grid

SHORT, LONG = Grid(0, 5, 61), Grid(0, 300, LONG_SECONDS // 300 + 1)
AT_ONCE = 4
CEILING_SECONDS = 5.0


class Held:
    """A Prometheus whose answers wait until they are let go, or fail as a silence."""

    def __init__(self) -> None:
        self.asked: list[Grid] = []
        self.is_let_go = asyncio.Event()
        self.is_silent = False
        self.is_alive = True
        self.looks = 0

    async def range(self, expr: str, grid: Grid, look_back_seconds: float) -> Sequence[Found]:
        self.asked.append(grid)
        await self.is_let_go.wait()
        if self.is_silent:
            raise SilenceError("it gave no answer", "do this")
        return []

    async def is_heard(self) -> bool:
        self.looks += 1
        return self.is_alive


async def waiting(turns: Turns, *grids: Grid) -> Sequence[asyncio.Future[Sequence[Found]]]:
    """Queries that have come to their turn, or wait for it."""
    tasks = [asyncio.ensure_future(turns.range("q", grid, 75)) for grid in grids]
    await asyncio.sleep(0)
    return tasks


async def test_what_is_short_does_not_wait_behind_what_is_long() -> None:
    prometheus = Held()
    turns = Turns(prometheus, AT_ONCE)
    tasks = await waiting(turns, *[LONG] * 9, *[SHORT] * 9)
    assert prometheus.asked == [LONG] * (AT_ONCE // 2) + [SHORT] * AT_ONCE
    prometheus.is_let_go.set()
    async with asyncio.timeout(CEILING_SECONDS):
        await asyncio.gather(*tasks)
    assert len(prometheus.asked) == 18


@pytest.mark.parametrize("is_alive", [True, False])
async def test_one_silence_is_that_of_all_who_wait_only_where_nothing_is_said(
    is_alive: bool,
) -> None:
    prometheus = Held()
    prometheus.is_silent, prometheus.is_alive = True, is_alive
    turns = Turns(prometheus, AT_ONCE)
    tasks = await waiting(turns, *[SHORT] * 9)
    prometheus.is_let_go.set()
    async with asyncio.timeout(CEILING_SECONDS):
        failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert {(str(one), getattr(one, "remedy", "")) for one in failed} == {
        ("it gave no answer", "do this")
    }
    assert len(prometheus.asked) == (9 if is_alive else AT_ONCE)
    assert prometheus.looks >= 1


async def test_who_comes_after_a_silence_is_asked_for() -> None:
    prometheus = Held()
    prometheus.is_silent, prometheus.is_alive = True, False
    prometheus.is_let_go.set()
    turns = Turns(prometheus, AT_ONCE)
    with pytest.raises(SilenceError):
        await turns.range("q", SHORT, 75)
    prometheus.is_silent = False
    assert await turns.range("q", SHORT, 75) == []
    assert prometheus.looks == 0
