"""The poller asks a real Prometheus for every panel, and says what it has not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import httpx2
import msgspec
import pytest
from prometheus_client import CollectorRegistry

from dashboard.books import Books
from dashboard.messages import Look, PanelFrame
from dashboard.panels import PANELS
from dashboard.panels.model import Role
from dashboard.poller import Poller
from dashboard.promql import Prometheus, QueryError
from dashboard.rounds import Rounds
from dashboard.settings import DashboardSettings
from dashboard.views import Grid, View
from tests.clock import Clock
from tests.histories import SCRAPE_SECONDS, History, prometheus_with_history
from tests.unit.dashboard.test_screen import Page

WITHIN_SECONDS = 60
EVERYTHING = tuple(panel.id for panel in PANELS)
IN_GROUPS = tuple(panel.id for panel in PANELS if panel.group in ("speed", "machine"))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with prometheus_with_history(tmp_path_factory.mktemp("history")) as history:
        yield history


@contextlib.asynccontextmanager
async def polling(url: str, clock: Clock) -> AsyncIterator[tuple[Poller, Prometheus]]:
    settings = DashboardSettings(
        _cli_parse_args=[], prometheus_url=url, scrape_interval_seconds=SCRAPE_SECONDS
    )
    books = Books(CollectorRegistry())
    async with httpx2.AsyncClient(trust_env=False) as http:
        prometheus = Prometheus(http, url, 15, books)
        rounds = Rounds(PANELS, prometheus, settings, clock)
        poller = Poller(PANELS, rounds, settings, books, msgspec.json.encode, clock)
        async with poller.running():
            yield poller, prometheus


async def all_of(page: Page, count: int) -> dict[str, tuple[Grid, PanelFrame]]:
    """The newest of each panel, as soon as there are so many."""
    found: dict[str, tuple[Grid, PanelFrame]] = {}
    async with asyncio.timeout(WITHIN_SECONDS):
        while len(found) < count:
            for frame in page.take():
                grid = Grid(frame.start, frame.step, frame.count)
                found |= {part.id: (grid, part) for part in frame.panels}
            await asyncio.sleep(0.02)
    return found


async def test_every_panel_has_what_prometheus_knows(history: History) -> None:
    clock = Clock(float(history.end))
    async with polling(history.api.url, clock) as (poller, _):
        page = Page(room=1000)
        poller.watch(page, Look(View(seconds=900, by_model=True), EVERYTHING))
        found = await all_of(page, len(PANELS))
    assert {name: part.error for name, (_, part) in found.items() if part.error} == {}
    # recorded series begin with this Prometheus, when this history ends
    empty = {name for name, (_, part) in found.items() if not part.series}
    recorded = {p.id for p in PANELS if all(":" in q.expr for q in p.queries)}
    assert empty <= recorded | {"mark-alerts"}
    for grid, part in found.values():
        assert all(len(one.values) == grid.count for one in part.series)


async def test_before_there_were_samples_is_a_gap_and_no_line(history: History) -> None:
    start = history.end - 3600 * 30
    async with polling(history.api.url, Clock(float(history.end))) as (poller, _):
        page = Page(room=1000)
        view = View(start=start, end=history.end + 3000, points=600)
        poller.watch(page, Look(view, IN_GROUPS))
        found = await all_of(page, len(IN_GROUPS))
    thresholds = {
        (panel.id, place)
        for panel in PANELS
        for place, query in enumerate(panel.queries)
        if query.role is Role.THRESHOLD
    }
    for name, (grid, part) in found.items():
        for one in part.series:
            if (name, one.query) in thresholds:
                continue
            last = max(n for n, value in enumerate(one.values) if value is not None)
            assert grid.start + last * grid.step <= history.end + 75 + grid.step


async def test_a_query_that_is_wrong_is_in_prometheuss_own_words(history: History) -> None:
    async with polling(history.api.url, Clock()) as (_, prometheus):
        with pytest.raises(QueryError, match=r"Prometheus says: .*parse error"):
            await prometheus.range("sum(", Grid(100, 10, 2), 75)
        with pytest.raises(QueryError, match="Prometheus says: exceeded maximum resolution"):
            await prometheus.range("up", Grid(100, 1, 20_000), 75)
        assert await prometheus.instant("vector(2)") == [({}, 2.0)]
        assert await prometheus.alerts() is not None
