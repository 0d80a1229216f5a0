"""A view is asked for once for all viewers, and only for what it lacks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from dashboard.books import Books
from dashboard.kept import FAILED
from dashboard.messages import Frame, Look
from dashboard.panels.model import Kind, Panel, Query, Split, Unit
from dashboard.poller import GIVE_UP_SECONDS, GRACE_SECONDS, Poller
from dashboard.promql import Found, Prometheus, QueryError
from dashboard.rounds import AGAIN_SECONDS, Rounds
from dashboard.settings import DashboardSettings
from dashboard.views import BadViewError, Grid, Routing, View
from tests.clock import Clock
from tests.loopback import http_client
from tests.unit.dashboard.test_screen import Page

NOW = 1_000_000.0
CEILING_SECONDS = 10
SCRAPED = "count(count_over_time(up["


def panel(name: str, *queries: Query, group: str = "speed", kind: Kind = Kind.LINES) -> Panel:
    return Panel(name, group, name, Unit.COUNT, queries or (Query(f"q_{name}"),), "none", kind=kind)


PANELS = (
    panel("p"),
    panel("q", Query("t{${requests}}", split=Split.TOTAL), Query("m", split=Split.MODEL)),
    panel("tile", group="now", kind=Kind.TILE),
    panel("marks", group="marks", kind=Kind.MARKS),
)


class Recorded(Prometheus):
    """A Prometheus that has a 1 everywhere, and remembers what it was asked."""

    def __init__(self, books: Books) -> None:
        super().__init__(http_client(), "http://127.0.0.1:1", 1, books)
        self.asked: list[tuple[str, Grid]] = []
        self.error: Exception | None = None
        self.only: str | None = None
        """The one expression that fails; None: all do."""
        self.scraped: list[int] | None = None
        """When there were samples; None: always."""
        self.answers = asyncio.Event()
        self.answers.set()
        self.slow: str | None = None
        """The one expression that waits for `answers`; None: all do."""

    def fails(self, expr: str) -> tuple[str, ...]:
        return (expr if self.only is None else self.only,)

    async def range(self, expr: str, grid: Grid, look_back_seconds: float) -> Sequence[Found]:
        if not expr.startswith(SCRAPED):
            self.asked.append((expr, grid))
        await asyncio.sleep(0)
        if self.error is not None and expr in self.fails(expr):
            raise self.error
        if self.slow in (None, expr):
            await self.answers.wait()
        instants = range(grid.start, grid.end + 1, grid.step)
        if expr.startswith(SCRAPED):
            scraped = instants if self.scraped is None else self.scraped
            return [Found({}, [(at, "1") for at in scraped])]
        return [Found({}, [(at, "1") for at in instants])]


@dataclass
class Polled:
    """A poller that runs, whose time a test moves."""

    poller: Poller
    prometheus: Recorded
    registry: CollectorRegistry
    clock: Clock = field(default_factory=lambda: Clock(NOW))

    async def until(self, page: Page, count: int) -> list[Frame]:
        """The page's first `count` frames."""
        async with asyncio.timeout(CEILING_SECONDS):
            while len(page.frames) < count:
                await asyncio.sleep(0.01)
        return page.take()

    async def settled(self) -> None:
        """Several turns have passed in which nothing new was asked."""
        before = -1
        while len(self.prometheus.asked) != before:
            before = len(self.prometheus.asked)
            for _ in range(3):
                self.poller.turn()
                await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def polled(**told: int) -> AsyncIterator[Polled]:
    registry, clock = CollectorRegistry(), Clock(NOW)
    books = Books(registry)
    prometheus = Recorded(books)
    settings = DashboardSettings(**told)  # type: ignore[arg-type]
    rounds = Rounds(PANELS, prometheus, settings, clock)
    poller = Poller(PANELS, rounds, settings, books, msgspec.json.encode, clock)
    async with poller.running():
        yield Polled(poller, prometheus, registry, clock)


def look(*panels: str, **view: object) -> Look:
    return Look(msgspec.convert(view, View), panels)


async def test_a_viewer_gets_what_it_looks_at_and_the_marks() -> None:
    async with polled() as it:
        page = Page()
        key, tiles = it.poller.watch(page, look("p", "tile", seconds=300))
        assert (key, tiles) == (View(seconds=300).key, View(seconds=300).tiles.key)
        frames = await it.until(page, 2)
        parts = {(frame.view, part.id): frame for frame in frames for part in frame.panels}
        assert set(parts) == {(key, "p"), (key, "marks"), (tiles, "tile")}
        frame = parts[key, "p"]
        assert (frame.is_whole, frame.step, frame.count) == (True, 5, 61)
        assert frame.start + 60 * 5 == NOW - 5
        assert frame.panels[0].series[0].values == [1.0] * 61


async def test_many_viewers_of_a_view_cost_one_round() -> None:
    async with polled() as it:
        pages = [Page() for _ in range(50)]
        for page in pages:
            it.poller.watch(page, look("p", "q"))
        await it.until(pages[-1], 1)
        await it.settled()
        assert sorted(expr for expr, _ in it.prometheus.asked) == ["q_marks", "q_p", "t"]
        late = Page()
        it.poller.watch(late, look("p", "q"))
        await it.until(late, 1)
        assert len(it.prometheus.asked) == 3
        assert it.registry.get_sample_value("dashboard_query_rounds_total") == 1


async def test_as_time_passes_the_new_points_are_asked_for_and_given() -> None:
    async with polled() as it:
        page = Page()
        it.poller.watch(page, look("p", seconds=300))
        await it.until(page, 1)
        it.prometheus.asked.clear()
        it.clock.now += 10
        (frame,) = await it.until(page, 1)
        assert (frame.is_whole, frame.start, frame.count) == (False, NOW, 2)
        assert {part.id for part in frame.panels} == {"p", "marks"}
        assert {grid for _, grid in it.prometheus.asked} == {Grid(int(NOW), 5, 2)}


async def test_after_a_long_time_the_whole_is_asked_for() -> None:
    async with polled() as it:
        page = Page()
        it.poller.watch(page, look("p", seconds=300))
        await it.until(page, 1)
        it.clock.now += 3600
        (frame,) = await it.until(page, 1)
        assert frame.is_whole


async def test_a_view_has_its_filter_and_its_queries() -> None:
    async with polled() as it:
        page = Page()
        it.poller.watch(page, look("q", models=["a"], routing=Routing.DIRECT, by_model=True))
        frames = await it.until(page, 1)
        exprs = {part.id: part.exprs for frame in frames for part in frame.panels}
        assert exprs["q"] == ("", "m")
        it.poller.watch(page, look("q", models=["a"], routing=Routing.DIRECT))
        frames = await it.until(page, 1)
        exprs = {part.id: part.exprs for frame in frames for part in frame.panels}
        assert exprs["q"] == ('t{model=~"a",routing="direct"}', "")


async def test_a_zoom_is_asked_for_once() -> None:
    async with polled() as it:
        page = Page()
        it.poller.watch(page, look("p", start=900_000, end=900_600))
        await it.until(page, 1)
        it.clock.now += 600
        await it.settled()
        assert [expr for expr, _ in it.prometheus.asked].count("q_p") == 1


async def test_a_failure_is_said_and_what_was_missed_is_asked_for_again() -> None:
    async with polled() as it:
        page = Page()
        it.poller.watch(page, look("p", seconds=300))
        await it.until(page, 1)
        it.prometheus.error = QueryError("unreachable", "it is not there", "start it")
        it.clock.now += 10
        (frame,) = await it.until(page, 1)
        assert [part.error for part in frame.panels] == ["it is not there"] * 2
        await it.settled()
        asked = len(it.prometheus.asked)
        it.prometheus.error = None
        it.clock.now += AGAIN_SECONDS
        (frame,) = await it.until(page, 1)
        assert (frame.start, frame.count, frame.panels[0].error) == (NOW, 3, "")
        assert len(it.prometheus.asked) == asked + 2
        assert asked == 2  # what does not say when it had samples is asked nothing more


async def test_a_view_that_nobody_looks_at_is_forgotten_after_a_while() -> None:
    async with polled() as it:
        page = Page()
        it.poller.watch(page, look("p", start=900_000, end=900_600))
        await it.until(page, 1)
        it.poller.leave(page)
        it.clock.now += GRACE_SECONDS / 2
        await it.settled()
        again = Page()
        it.poller.watch(again, look("p", start=900_000, end=900_600))
        await it.until(again, 1)
        assert len(it.prometheus.asked) == 2
        it.poller.leave(again)
        it.clock.now += GRACE_SECONDS + 1
        await it.settled()
        it.poller.watch(again, look("p", start=900_000, end=900_600))
        await it.until(again, 1)
        await it.settled()
        assert len(it.prometheus.asked) == 4


async def test_what_cannot_be_shown_changes_nothing() -> None:
    async with polled(most_views=1) as it:
        page, other = Page(), Page()
        it.poller.watch(page, look("p", seconds=300))
        with pytest.raises(BadViewError, match="there is no 'nothing'"):
            it.poller.watch(page, look("nothing"))
        with pytest.raises(BadViewError) as refused:
            it.poller.watch(page, look("x" * 60_000))
        assert len(str(refused.value)) < 100
        with pytest.raises(BadViewError, match="1 different views are shown already"):
            it.poller.watch(other, look("p", seconds=3600))
        it.poller.watch(other, look("p", seconds=300))
        it.poller.leave(other)
        it.poller.watch(page, look("p", seconds=3600))  # its own makes room
        assert await it.until(page, 1)


async def test_where_prometheus_had_no_samples_is_a_gap() -> None:
    async with polled() as it:
        it.prometheus.scraped = [900_000, 900_600]
        page = Page()
        it.poller.watch(page, look("p", start=900_000, end=900_600))
        frames = await it.until(page, 1)
        (part,) = [part for frame in frames for part in frame.panels if part.id == "p"]
        assert len(part.series[0].values) == 121
        assert [n for n, value in enumerate(part.series[0].values) if value is not None] == [0, 120]


async def test_a_stretch_without_any_sample_is_all_gap() -> None:
    async with polled() as it:
        it.prometheus.scraped = []
        page = Page()
        it.poller.watch(page, look("p", start=900_000, end=900_600))
        (frame,) = await it.until(page, 1)
        assert [part.series for part in frame.panels] == [[], []]


async def test_a_page_whose_view_is_that_of_its_tiles_has_both() -> None:
    async with polled() as it:
        page = Page()
        view, tiles = it.poller.watch(page, look("p", "tile", seconds=900, points=150))
        assert view == tiles
        (frame,) = await it.until(page, 1)
        assert {part.id for part in frame.panels} == {"p", "tile", "marks"}


async def test_one_panel_that_fails_leaves_the_others() -> None:
    async with polled() as it:
        it.prometheus.only = "t"
        it.prometheus.error = QueryError("refused", "Prometheus says: no")
        page = Page()
        it.poller.watch(page, look("p", "q"))
        frames = await it.until(page, 2)
        said = {part.id: part.error for frame in frames for part in frame.panels}
        assert said == {"p": "", "marks": "", "q": "Prometheus says: no"}


async def test_who_goes_from_view_to_view_leaves_no_rounds_behind() -> None:
    async with polled() as it:
        it.prometheus.answers.clear()
        page = Page()
        for number in range(15):
            start = 900_000 + number
            it.poller.watch(page, look("p", "q", start=start, end=start + 600))
            await it.settled()
            it.clock.now += GIVE_UP_SECONDS
        # the view that is looked at, the one before, and the tiles'
        assert len(it.poller._running) <= 3
        it.prometheus.answers.set()
        await it.until(page, 1)


async def test_a_page_that_is_loaded_again_in_the_middle_of_a_round_costs_no_other() -> None:
    async with polled() as it:
        it.prometheus.answers.clear()
        page, again = Page(), Page()
        it.poller.watch(page, look("p", "q"))
        await it.settled()
        it.poller.leave(page)
        it.clock.now += 0.9  # no new point is due
        await it.settled()
        it.poller.watch(again, look("p", "q"))
        it.prometheus.answers.set()
        await it.until(again, 1)
        await it.settled()
        assert it.registry.get_sample_value("dashboard_query_rounds_total") == 1


async def test_a_round_that_was_given_up_is_played_again_when_somebody_looks() -> None:
    async with polled() as it:
        it.prometheus.answers.clear()
        page = Page()
        it.poller.watch(page, look("p"))
        await it.settled()
        it.poller.leave(page)
        it.clock.now += GIVE_UP_SECONDS + 1
        await it.settled()
        assert it.poller._running == {}
        it.prometheus.answers.set()
        it.poller.watch(page, look("p"))
        it.clock.now += AGAIN_SECONDS
        assert await it.until(page, 1)


async def test_a_defect_in_a_round_is_said_of_its_panels_and_the_rounds_go_on() -> None:
    async with polled() as it:
        it.prometheus.error = RuntimeError("a defect")
        it.prometheus.only = "q_p"
        page = Page()
        it.poller.watch(page, look("p", "q"))
        frames = await it.until(page, 2)
        said = {part.id: part.error for frame in frames for part in frame.panels}
        assert said == {"p": FAILED, "q": "", "marks": ""}
        await it.settled()
        assert [expr for expr, _ in it.prometheus.asked].count("q_p") == 1
        it.prometheus.error = None
        it.clock.now += AGAIN_SECONDS
        await it.settled()
        (whole,) = (frame for frame in await it.until(page, 1) if frame.is_whole)
        assert [(part.id, part.error) for part in whole.panels] == [("p", "")]


async def test_a_zoom_into_the_future_ends_now_and_grows() -> None:
    async with polled() as it:
        page = Page()
        start = int(NOW) - 100
        it.poller.watch(page, look("p", start=start, end=start + 600))
        (frame,) = await it.until(page, 1)
        assert (frame.start, frame.step, frame.count) == (start, 5, 20)
        it.clock.now += 10
        (frame,) = await it.until(page, 1)
        assert (frame.is_whole, frame.start, frame.step, frame.count) == (True, start, 5, 22)
        with pytest.raises(BadViewError, match="expected a time before 1000010, now"):
            it.poller.watch(page, look("p", start=start + 110, end=start + 600))


async def test_a_panel_that_takes_long_holds_up_no_other() -> None:
    async with polled() as it:
        it.prometheus.answers.clear()
        it.prometheus.slow = "q_p"
        page = Page()
        it.poller.watch(page, look("p", "q", seconds=300))
        for count in (1, 2, 3):
            (frame,) = await it.until(page, 1)
            assert {part.id for part in frame.panels} == {"marks", "q"}
            assert frame.is_whole == (count == 1)
            it.clock.now += 5
        it.prometheus.answers.set()
        assert [expr for expr, _ in it.prometheus.asked].count("q_p") == 1
        async with asyncio.timeout(CEILING_SECONDS):
            while "p" not in {part.id for frame in page.take() for part in frame.panels}:
                await asyncio.sleep(0.01)
        assert [expr for expr, _ in it.prometheus.asked].count("q_p") >= 1


async def test_who_comes_late_to_a_view_of_long_steps_has_what_there_is_now() -> None:
    async with polled() as it:
        first, late = Page(), Page()
        it.poller.watch(first, look("p", seconds=2_592_000))
        await it.until(first, 1)
        it.clock.now += 9000
        await it.settled()
        it.poller.watch(late, look("p", seconds=2_592_000))
        # what there was at once, and then what there is now; for the one who was there as well
        for page, count in ((late, 2), (first, 1)):
            *_, frame = await it.until(page, count)
            end = frame.start + (frame.count - 1) * frame.step
            assert frame.is_whole
            assert it.clock.now - 62 < end < it.clock.now


async def test_what_takes_too_long_is_asked_for_less_and_less_often() -> None:
    async with polled() as it:
        it.prometheus.error = QueryError("timeout", "it took too long")
        it.prometheus.only = "q_p"
        it.poller.watch(Page(), look("p"))
        for _ in range(8 * 4):
            await it.settled()
            it.clock.now += AGAIN_SECONDS
        # after 5, 10, 20, 40 seconds and 80
        assert [expr for expr, _ in it.prometheus.asked].count("q_p") == 6


async def test_views_that_look_as_those_of_tiles_are_counted_as_all_others() -> None:
    async with polled(most_views=1) as it:
        it.poller.watch(Page(), look("p", seconds=900, points=150, models=["a"]))
        with pytest.raises(BadViewError, match="1 different views are shown already"):
            it.poller.watch(Page(), look("p", seconds=900, points=150, models=["b"]))


async def test_many_zooms_of_one_viewer_are_not_all_kept() -> None:
    async with polled(most_views=2) as it:
        page = Page()
        for number in range(20):
            start = 900_000 + number
            it.poller.watch(page, look("p", start=start, end=start + 600))
            await it.until(page, 1)
        it.poller.turn()
        assert len(it.poller._screens) <= 4


async def test_an_end_in_the_middle_of_a_round_leaves_nothing_behind() -> None:
    async with polled() as it:
        it.prometheus.answers.clear()
        before = asyncio.all_tasks()
        it.poller.watch(Page(), look("p", "q"))
        async with asyncio.timeout(CEILING_SECONDS):
            while not asyncio.all_tasks() - before:
                await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}
