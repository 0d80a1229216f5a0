"""What panels are filled with, and who is silent. How rounds go is in test_poller.py."""

import asyncio
from collections.abc import Sequence

import msgspec
from prometheus_client import CollectorRegistry

from dashboard.books import Books
from dashboard.panels.model import Panel, Query, Unit
from dashboard.promql import Found, Prometheus, QueryError, SilenceError
from dashboard.rounds import HANGS, Rounds, slo_of
from dashboard.screen import Screen
from dashboard.settings import DashboardSettings
from dashboard.views import Grid, View
from tests.clock import Clock
from tests.loopback import http_client
from tests.unit.dashboard.test_screen import Page

NOW = 1_000_000.0
CONCURRENCY = 2
PANELS = [
    Panel(f"p{number}", "speed", "t", Unit.COUNT, (Query("q"), Query("r")), "none")
    for number in range(20)
]
CEILING_SECONDS = 5.0


class Silent(Prometheus):
    """A Prometheus that says when it had samples, and then hangs until it is given up."""

    def __init__(self) -> None:
        super().__init__(http_client(), "http://p", 1, Books(CollectorRegistry()))
        self.hanging = 0
        self.hangs = asyncio.Event()
        self.is_given_up = asyncio.Event()
        self.error: QueryError = SilenceError("it gave no answer", "do this")
        self.is_alive = False
        self.is_deaf = False
        """Whether it does not even say when it had samples."""

    async def is_heard(self) -> bool:
        return self.is_alive

    async def range(self, expr: str, grid: Grid, look_back_seconds: float) -> Sequence[Found]:
        if expr.startswith("count("):
            if self.is_deaf:
                raise self.error
            return []
        self.hanging += 1
        if self.hanging == CONCURRENCY:
            self.hangs.set()
        await self.is_given_up.wait()
        raise self.error


async def played(prometheus: Silent) -> tuple[Page, Screen]:
    """A round in which what is asked first is given up."""
    settings = DashboardSettings(prometheus_concurrency=CONCURRENCY)
    rounds = Rounds(PANELS, prometheus, settings, Clock(NOW))
    screen, page = Screen(View(), NOW, msgspec.json.encode), Page()
    names = [panel.id for panel in PANELS]
    screen.seat(page, names)
    screen.set_busy(names, is_busy=True)
    round_ = asyncio.ensure_future(rounds.play(screen, names, NOW))
    await asyncio.wait_for(prometheus.hangs.wait(), CEILING_SECONDS)
    prometheus.is_given_up.set()
    await asyncio.wait_for(round_, CEILING_SECONDS)
    assert not screen.is_busy
    return page, screen


async def test_who_does_not_answer_is_not_asked_the_rest_one_after_the_other() -> None:
    prometheus = Silent()
    page, _ = await played(prometheus)
    assert prometheus.hanging == CONCURRENCY
    (frame,) = page.take()
    assert {part.id for part in frame.panels} == {panel.id for panel in PANELS}
    assert {(part.error, part.remedy) for part in frame.panels} == {
        ("it gave no answer", "do this")
    }


async def test_a_query_without_an_answer_fails_no_other_of_a_prometheus_that_lives() -> None:
    prometheus = Silent()
    prometheus.is_alive = True
    await played(prometheus)
    assert prometheus.hanging == 2 * len(PANELS)


async def test_a_query_that_takes_too_long_by_its_own_word_holds_up_no_other() -> None:
    prometheus = Silent()
    prometheus.error = QueryError("timeout", "Prometheus says: query timed out")
    await played(prometheus)
    assert prometheus.hanging == 2 * len(PANELS)


async def test_a_prometheus_that_answers_nothing_is_not_helped_by_a_shorter_range() -> None:
    prometheus = Silent()
    prometheus.is_deaf = True
    prometheus.hangs.set()
    page, _ = await played(prometheus)
    (frame,) = page.take()
    assert {part.remedy for part in frame.panels} == {HANGS}


def test_the_objectives_are_numbers() -> None:
    told = slo_of(DashboardSettings())
    assert told["slo_ttft_seconds"] == "5"
    assert told["slo_success_ratio"] == "0.99"
