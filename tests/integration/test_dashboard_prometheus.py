"""The dashboard before a real Prometheus: that has all, has gaps, is away, starts, or hangs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from dashboard.app import Sources, create_dashboard
from dashboard.books import Books
from dashboard.messages import Look, PanelFrame
from dashboard.panels import GROUPS, PANELS
from dashboard.panels.model import Kind, Role
from dashboard.poller import Poller
from dashboard.promql import SHORTER, START, WAIT, Prometheus, QueryError
from dashboard.rounds import AGAIN_SECONDS, HANGS, LEAST_LOOK_BACK_SECONDS, Rounds
from dashboard.settings import DashboardSettings
from dashboard.views import Grid, View
from ollama_observe.service.lifecycle import Listener, listening
from tests.clock import Clock
from tests.dashboards import NOBODY, heard, look_at, page_at
from tests.histories import SCRAPE_SECONDS, History, prometheus_with_history
from tests.loopback import http_client
from tests.unit.dashboard.test_screen import Page

pytestmark = pytest.mark.long

WITHIN_SECONDS = 60
EVERYTHING = tuple(panel.id for panel in PANELS)
IN_GROUPS = tuple(panel.id for panel in PANELS if panel.group in ("speed", "machine"))
MARKS = {panel.id for panel in PANELS if panel.kind is Kind.MARKS}
"""Every page has them, asked for or not."""
THRESHOLDS = {
    (panel.id, place)
    for panel in PANELS
    for place, query in enumerate(panel.queries)
    if query.role is Role.THRESHOLD
}
READERS = 30


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with prometheus_with_history(tmp_path_factory.mktemp("history")) as history:
        yield history


@contextlib.asynccontextmanager
async def polling(
    url: str, clock: Clock, **told: Any
) -> AsyncIterator[tuple[Poller, Prometheus, CollectorRegistry]]:
    registry = CollectorRegistry()
    settings = settings_of(url, **told)
    books = Books(registry)
    async with http_client() as http:
        prometheus = Prometheus(http, url, settings.prometheus_timeout_seconds, books)
        rounds = Rounds(PANELS, prometheus, settings, clock)
        poller = Poller(PANELS, rounds, settings, books, msgspec.json.encode, clock)
        async with poller.running():
            yield poller, prometheus, registry


def settings_of(url: str, **told: Any) -> DashboardSettings:
    told = {"prometheus_url": url, "scrape_interval_seconds": SCRAPE_SECONDS, **told}
    return DashboardSettings(**told)


class Seen:
    """What a page has seen: the newest of each panel."""

    def __init__(self) -> None:
        self.page = Page(room=10_000)
        self.newest: dict[str, tuple[Grid, PanelFrame]] = {}

    async def until(self, is_it: Callable[[PanelFrame], bool], panels: Iterable[str]) -> None:
        """Until the newest of each of these panels is so."""
        wanted = set(panels)
        async with asyncio.timeout(WITHIN_SECONDS):
            while not {name for name, (_, part) in self.newest.items() if is_it(part)} >= wanted:
                for frame in self.page.take():
                    grid = Grid(frame.start, frame.step, frame.count)
                    self.newest |= {part.id: (grid, part) for part in frame.panels}
                await asyncio.sleep(0.02)


def is_well(part: PanelFrame) -> bool:
    return part.error == ""


def says(words: str, remedy: str) -> Callable[[PanelFrame], bool]:
    return lambda part: words in part.error and part.remedy == remedy


@contextlib.asynccontextmanager
async def in_a_thread(block: contextlib.AbstractContextManager[None]) -> AsyncIterator[None]:
    """Enter and leave what waits for a process, while the loop goes on."""
    await asyncio.to_thread(block.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(block.__exit__, None, None, None)


@contextlib.asynccontextmanager
async def serving(
    poller: Poller, prometheus: Prometheus, registry: CollectorRegistry, clock: Clock
) -> AsyncIterator[int]:
    """A dashboard of this poller, over real sockets; its port."""
    keeping, http = contextlib.AsyncExitStack(), http_client()
    sources = Sources(GROUPS, PANELS, poller, prometheus, http, keeping, clock)
    settings = settings_of("", proxy_url=NOBODY, gpu_exporter_url="")
    dashboard = create_dashboard(settings, sources, registry, Books(CollectorRegistry()))
    listener = Listener("page", dashboard.app, "127.0.0.1", 0, has_websockets=True)
    async with listening(listener) as port, dashboard.running():
        yield port


async def seen_whole(port: int) -> None:
    """A page that is loaded, shows all of its panels, and is left."""
    missing = set(IN_GROUPS)
    async with page_at(port, max_size=None) as socket:
        await socket.send(look_at(*IN_GROUPS, seconds=900))
        while missing:
            frame = await heard(socket, "frame")
            missing -= {part["id"] for part in frame["panels"]}


async def test_every_panel_has_what_prometheus_knows(history: History) -> None:
    clock = Clock(float(history.end))
    seen = Seen()
    async with polling(history.api.url, clock) as (poller, _, _):
        poller.watch(seen.page, Look(View(seconds=900, by_model=True), EVERYTHING))
        await seen.until(is_well, EVERYTHING)
    found = seen.newest
    # recorded series begin with this Prometheus, when this history ends
    empty = {name for name, (_, part) in found.items() if not part.series}
    recorded = {p.id for p in PANELS if all(":" in q.expr for q in p.queries)}
    assert empty <= recorded | {"mark-alerts"}
    for grid, part in found.values():
        assert all(len(one.values) == grid.count for one in part.series)


async def test_before_there_were_samples_is_a_gap_and_no_line(history: History) -> None:
    start, seen = history.end - 3600 * 30, Seen()
    async with polling(history.api.url, Clock(float(history.end))) as (poller, _, _):
        view = View(start=start, end=history.end + 3000, points=600)
        poller.watch(seen.page, Look(view, IN_GROUPS))
        await seen.until(is_well, IN_GROUPS)
    for name, (grid, part) in seen.newest.items():
        for one in part.series:
            if (name, one.query) in THRESHOLDS:
                continue
            last = max(n for n, value in enumerate(one.values) if value is not None)
            assert grid.start + last * grid.step <= history.end + 75 + grid.step


async def test_while_prometheus_was_away_is_a_gap_that_it_does_not_fill_by_itself(
    history: History,
) -> None:
    seen = Seen()
    async with polling(history.api.url, Clock(float(history.end))) as (poller, _, _):
        poller.watch(seen.page, Look(View(seconds=3600), IN_GROUPS))
        await seen.until(is_well, IN_GROUPS)
    last, first = history.gap
    begins, with_values = last + LEAST_LOOK_BACK_SECONDS, 0
    for name, (grid, part) in seen.newest.items():
        for one in part.series:
            if (name, one.query) in THRESHOLDS:
                continue
            instants = range(grid.start, grid.end + 1, grid.step)
            times = [at for at, v in zip(instants, one.values, strict=True) if v is not None]
            assert not [at for at in times if begins < at < first], (name, one.labels)
            with_values += min(times) < begins and max(times) > first
    assert with_values > len(IN_GROUPS)


async def test_a_prometheus_that_stops_and_starts_is_missed_and_what_was_missed_is_filled_in(
    history: History,
) -> None:
    clock, seen, process = Clock(history.end - 900.0), Seen(), history.process
    async with polling(history.api.url, clock) as (poller, _, _):
        poller.watch(seen.page, Look(View(seconds=300), IN_GROUPS))
        await seen.until(is_well, IN_GROUPS)
        before = {name: grid.end for name, (grid, _) in seen.newest.items()}
        await asyncio.to_thread(process.stop)
        clock.now += 60
        await seen.until(says("is not there", START), IN_GROUPS)
        assert {grid.count for grid, _ in seen.newest.values()} == {0}  # its points stay
        async with in_a_thread(process.starting()):
            clock.now += AGAIN_SECONDS
            await seen.until(says("is not ready", WAIT), IN_GROUPS)
        clock.now += AGAIN_SECONDS
        await seen.until(is_well, IN_GROUPS)
        for name in IN_GROUPS:
            grid, _ = seen.newest[name]
            assert grid.start == before[name] + grid.step
            assert grid.end > before[name] + 60 - grid.step
        late = Seen()
        poller.watch(late.page, Look(View(seconds=300), IN_GROUPS))
        await late.until(is_well, IN_GROUPS)
    grid, part = late.newest["gpu-utilization"]
    assert part.series and (None not in part.series[0].values), part
    assert grid.end == seen.newest["gpu-utilization"][0].end


async def test_a_query_that_is_too_large_for_prometheus_is_said_and_the_others_go_on(
    history: History,
) -> None:
    seen = Seen()
    with history.process.running_with("--query.max-samples=2500"):
        async with polling(history.api.url, Clock(float(history.end))) as (poller, _, _):
            poller.watch(seen.page, Look(View(seconds=900, by_model=True), IN_GROUPS))
            await seen.until(lambda _: True, IN_GROUPS)
    failed = [part for _, part in seen.newest.values() if part.error]
    assert 0 < len(failed) < len(IN_GROUPS)
    for part in failed:
        assert says("Prometheus says: query processing would load too many samples", SHORTER)(part)


async def test_a_prometheus_that_hangs_is_said_of_all_panels_after_one_time_out(
    history: History,
) -> None:
    clock, seen, loop = Clock(float(history.end)), Seen(), asyncio.get_running_loop()
    told = {"prometheus_timeout_seconds": 0.5}
    async with polling(history.api.url, clock, **told) as (poller, _, registry):
        with history.process.frozen():
            begun = loop.time()
            poller.watch(seen.page, Look(View(seconds=900), EVERYTHING))
            await seen.until(says("gave no answer within 0.5 s", HANGS), EVERYTHING)
            kinds = {"kind": "timeout"}
            failed = registry.get_sample_value("dashboard_query_errors_total", kinds)
            assert failed == 2  # the view's, and its tiles'
            assert loop.time() - begun < 10
        clock.now += AGAIN_SECONDS
        await seen.until(is_well, EVERYTHING)


async def test_a_crowd_that_loads_the_page_again_costs_one_round(history: History) -> None:
    clock = Clock(float(history.end))
    async with polling(history.api.url, clock) as (poller, prometheus, registry):
        async with serving(poller, prometheus, registry, clock) as port:

            def asked() -> float:
                """Rounds, and queries in them."""
                rounds = registry.get_sample_value("dashboard_query_rounds_total")
                kind = {"kind": "range"}
                name = "dashboard_query_duration_seconds_count"
                queries = registry.get_sample_value(name, kind)
                return (rounds or 0) * 1_000_000 + (queries or 0)

            await asyncio.gather(*(seen_whole(port) for _ in range(READERS)))
            once = asked()
            await asyncio.gather(*(seen_whole(port) for _ in range(READERS)))
            assert asked() == once
            assert once < 3_000_000  # the view's round, and one of who came while it was played


async def test_a_query_that_is_wrong_is_in_prometheuss_own_words(history: History) -> None:
    async with polling(history.api.url, Clock()) as (_, prometheus, _):
        with pytest.raises(QueryError, match=r"Prometheus says: .*parse error"):
            await prometheus.range("sum(", Grid(100, 10, 2), 75)
        with pytest.raises(QueryError, match="Prometheus says: exceeded maximum resolution"):
            await prometheus.range("up", Grid(100, 1, 20_000), 75)
        assert await prometheus.instant("vector(2)") == [({}, 2.0)]
        assert await prometheus.alerts() is not None
