"""Asks Prometheus for what is looked at: once for all viewers of a view, once a step.

A panel of a view is asked for the points that its buffer lacks. What failed is asked for again,
and then for all that is missing, so that a Prometheus that was away leaves no hole in the page.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from dashboard.books import Books
from dashboard.expressions import duration, filled
from dashboard.frames import Buffer, columns, instants, missing
from dashboard.messages import Look, Series
from dashboard.panels.model import Kind, Panel
from dashboard.promql import Prometheus, QueryError
from dashboard.screen import Added, Screen, Shown, Watcher
from dashboard.settings import DashboardSettings
from dashboard.views import BadViewError, Grid, View, grid_of
from ollama_observe.service.tasks import spawn

TILES = "now"
"""The group whose panels are in the view of the tiles."""
TICK_SECONDS = 0.25
"""How often it is looked whether something is due: that asks nobody."""
AGAIN_SECONDS = 5.0
"""How long after a failure it is asked for again."""
GRACE_SECONDS = 15.0
"""How long a view is kept that nobody looks at: a page that is loaded again costs no round."""
LEAST_LOOK_BACK_SECONDS = 75
"""How far an instant may be from the next sample to have a value: rules record every 30 seconds."""


class Poller:
    """Keeps the screens. `clock` is Unix time in seconds."""

    def __init__(
        self,
        panels: Iterable[Panel],
        prometheus: Prometheus,
        settings: DashboardSettings,
        books: Books,
        encode: Callable[..., bytes],
        clock: Callable[[], float],
    ) -> None:
        self._panels = {panel.id: panel for panel in panels}
        self._always = {one.id for one in self._panels.values() if one.kind is Kind.MARKS}
        self._prometheus = prometheus
        self._settings = settings
        self._slo = slo_of(settings)
        self._books = books
        self._encode = encode
        self._clock = clock
        self._asking = asyncio.Semaphore(settings.prometheus_concurrency)
        self._screens: dict[str, Screen] = {}
        self._rounds: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def watch(self, viewer: Watcher, look: Look, /) -> tuple[str, str]:
        """Show a view in place of the viewer's last one; the keys of it and of its tiles' view.

        Raises: BadViewError.
        """
        view = look.view.checked()
        for name in look.panels:
            if name not in self._panels:
                raise BadViewError(f"panels: there is no {name!r}")
        self._require_room(viewer, view)
        tiles = {name for name in look.panels if self._panels[name].group == TILES}
        wanted = {view.key: (set(look.panels) - tiles) | self._always, view.tiles.key: tiles}
        for key, screen in self._screens.items():
            if key not in wanted:
                screen.unseat(viewer, self._clock())
        for one in (view, view.tiles):
            screen = self._screens.setdefault(one.key, Screen(one, self._encode))
            screen.seat(viewer, wanted[one.key])
        self._wake.set()
        return view.key, view.tiles.key

    def leave(self, viewer: Watcher, /) -> None:
        """Show it nothing more."""
        for screen in self._screens.values():
            screen.unseat(viewer, self._clock())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask while the block runs."""
        task = spawn(self._run(), name="poll Prometheus")
        try:
            yield
        finally:
            tasks = {task, *self._rounds}
            for one in tasks:
                one.cancel()
            await asyncio.wait(tasks)

    async def _run(self) -> None:
        while True:
            self.turn()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wake.wait()

    def turn(self) -> None:
        """Begin what is due, give what is owed, forget what nobody looks at."""
        now = self._clock()
        due = [screen for screen in self._looked_at(now) if self._is_due(screen, now)]
        if due:
            self._books.query_rounds.inc()
        for screen in due:
            screen.is_busy = True
            task = spawn(self._round(screen, now), name="ask for a view")
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)

    def _looked_at(self, now: float) -> list[Screen]:
        for key, screen in list(self._screens.items()):
            if screen.seats:
                screen.catch_up()
            elif now - screen.deserted_at > GRACE_SECONDS and not screen.is_busy:
                del self._screens[key]
        return [screen for screen in self._screens.values() if screen.seats]

    def _is_due(self, screen: Screen, now: float) -> bool:
        if screen.is_busy or now < screen.not_before:
            return False
        grid = self._grid(screen.view, now)
        return any(self._lacks(screen, name, grid).count > 0 for name in screen.wanted)

    def _lacks(self, screen: Screen, name: str, grid: Grid) -> Grid:
        shown = screen.panels.get(name)
        return missing(shown.buffer if shown else None, grid)

    def _grid(self, view: View, now: float) -> Grid:
        return grid_of(view, now, self._settings.scrape_interval_seconds)

    async def _round(self, screen: Screen, now: float) -> None:
        """Ask for all that a screen lacks; new panels are given as they come."""
        try:
            grid = self._grid(screen.view, now)
            added, failed = list[Added](), list[str]()
            scraped = await self._scraped(grid)
            lacking = [n for n in sorted(screen.wanted) if self._lacks(screen, n, grid).count > 0]
            for asked in asyncio.as_completed(
                [self._ask(screen, n, grid, scraped) for n in lacking]
            ):
                name, one = await asked
                if one is None:
                    failed.append(name)
                elif one.is_whole:
                    screen.tell([one], ())
                else:
                    added.append(one)
            screen.not_before = self._clock() + AGAIN_SECONDS if failed else 0.0
            screen.tell(added, failed)
        finally:
            screen.is_busy = False

    async def _ask(
        self, screen: Screen, name: str, grid: Grid, scraped: frozenset[float]
    ) -> tuple[str, Added | None]:
        """Bring a panel up to a grid; None where that failed, which the panel then says."""
        panel, view = self._panels[name], screen.view
        exprs = tuple(
            self._filled(panel, place, view, grid.step) for place in range(len(panel.queries))
        )
        shown = screen.panels.setdefault(name, Shown(exprs))
        part = missing(shown.buffer, grid)
        asked = [
            self._series(place, expr, part, scraped) for place, expr in enumerate(exprs) if expr
        ]
        try:
            series = [one for found in await asyncio.gather(*asked) for one in found]
        except QueryError as error:
            shown.error, shown.remedy = str(error), error.remedy
            return name, None
        shown.error = shown.remedy = ""
        if shown.buffer is None or part == grid:
            shown.buffer = Buffer(grid, series)
            return name, Added(name, grid, series, is_whole=True)
        return name, Added(name, part, shown.buffer.append(part, series), is_whole=False)

    def _filled(self, panel: Panel, place: int, view: View, step: int) -> str:
        """The query as it is asked; empty where this view does not ask it."""
        if place not in panel.asked(view.by_model):
            return ""
        scrape = self._settings.scrape_interval_seconds
        return filled(panel.queries[place].expr, view, step, scrape, self._slo)

    async def _series(
        self, place: int, expr: str, grid: Grid, scraped: frozenset[float]
    ) -> list[Series]:
        async with self._asking:
            found = await self._prometheus.range(expr, grid)
        return columns(place, found, grid, scraped)

    async def _scraped(self, grid: Grid) -> frozenset[float]:
        """When there were samples; empty where that is not to be had.

        A Prometheus that was stopped marks no series as gone: all of them would go on for its five
        minutes of looking back, and older ones (2.42) take no other number for a query.
        """
        scrapes = int(4 * self._settings.scrape_interval_seconds)
        window = duration(max(LEAST_LOOK_BACK_SECONDS, scrapes))
        try:
            async with self._asking:
                found = await self._prometheus.range(f"count(count_over_time(up[{window}]))", grid)
        except QueryError:
            return frozenset()  # each panel says what is wrong
        return instants(found)

    def _require_room(self, viewer: Watcher, view: View) -> None:
        views = {
            key
            for key, screen in self._screens.items()
            if set(screen.seats) - {viewer} and screen.view != screen.view.tiles
        }
        if view.key not in views and len(views) >= self._settings.most_views:
            raise BadViewError(
                f"{self._settings.most_views} different views are shown already"
                " (DASHBOARD_MOST_VIEWS): choose a range without a zoom or a filter"
            )


def slo_of(settings: DashboardSettings) -> Mapping[str, str]:
    """The objectives' numbers, by the names that panels use."""
    names = ("slo_success_ratio", "slo_ttft_seconds", "slo_ttft_ratio", "slo_duration_seconds")
    return {name: f"{getattr(settings, name):g}" for name in names}
