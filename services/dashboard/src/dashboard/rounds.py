"""One round of queries for a view: what it lacks is asked for, and given as it comes.

A panel of a view is asked for the points that its buffer lacks. What failed is asked for again,
and then for all that is missing, so that a Prometheus that was away leaves no hole in the page.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from dashboard.expressions import duration, filled
from dashboard.frames import columns, instants, missing
from dashboard.kept import FAILED
from dashboard.messages import Series
from dashboard.panels.model import Panel, Role
from dashboard.promql import QueryError, SilenceError
from dashboard.screen import Added, Screen
from dashboard.settings import DashboardSettings
from dashboard.turns import Prometheus, Turns
from dashboard.views import ANCHOR_SECONDS, SETTLE_SECONDS, Grid, View, grid_of

AGAIN_SECONDS = 5.0
"""How long after a failure it is asked for again; after a time-out, each time twice as long."""
MOST_DOUBLINGS = 5
STALE_STEPS = 0.1
"""How old the newest instant of a view may be for who comes: so much of its step, and a minute."""
FLUSH_SECONDS = 0.15
"""How long new panels are gathered before they are given: a page draws them together."""
LEAST_LOOK_BACK_SECONDS = 75
"""How far an instant may be from the last sample to have a value: rules record every 30 seconds."""
HANGS = "it may hang: `make status` says what runs"

_log = structlog.stdlib.get_logger("dashboard.rounds")


class Rounds:
    """Plays rounds. `clock` is Unix time in seconds."""

    def __init__(
        self,
        panels: Iterable[Panel],
        prometheus: Prometheus,
        settings: DashboardSettings,
        clock: Callable[[], float],
    ) -> None:
        self._panels = {panel.id: panel for panel in panels}
        self._turns = Turns(prometheus, settings.prometheus_concurrency)
        self._scrape_seconds = settings.scrape_interval_seconds
        self._slo = slo_of(settings)
        self._clock = clock
        self._look_back_seconds = max(LEAST_LOOK_BACK_SECONDS, int(4 * self._scrape_seconds))

    def lacking(self, screen: Screen, now: float) -> list[str]:
        """The panels that somebody wants, that lack points and that nobody asks for already."""
        if not screen.seats:
            return []
        grid = self._grid(screen, now)
        return [name for name in sorted(screen.wanted) if _lacks(screen, name, grid, now)]

    def freshen(self, screen: Screen, now: float) -> None:
        """Let a live view begin anew for who comes, where its steps are so long that it is old."""
        grid = self._grid(screen, now)
        stale_seconds = SETTLE_SECONDS + ANCHOR_SECONDS + STALE_STEPS * grid.step
        if screen.view.is_live and now - grid.end > stale_seconds:
            screen.begun = now

    async def play(self, screen: Screen, names: Iterable[str], now: float) -> None:
        """Ask for what these panels lack. Each is busy until it was given: none waits for others.

        A defect is logged, and said of the panels that it concerns.
        """
        busy = set(names)
        try:
            await self._play(screen, self._grid(screen, now), busy)
        except Exception:  # noqa: BLE001 (a defect of any kind: pages are to say so)
            _log.exception("round_failed", view=screen.view.key)
            self._fail(screen, dict.fromkeys(busy, QueryError("defect", FAILED)))
        finally:
            screen.set_busy(busy, is_busy=False)

    async def _play(self, screen: Screen, grid: Grid, busy: set[str]) -> None:
        parts = {name: missing(screen.panels[name].buffer, grid) for name in busy}
        try:
            scraped = await self._scraped(spanned(parts.values()))
        except QueryError as error:
            # what does not answer this answers nothing, and each would wait as long
            self._fail(screen, dict.fromkeys(busy, error))
            return
        asked = {
            asyncio.ensure_future(self._ask(screen, name, part, scraped)): name
            for name, part in parts.items()
        }
        pending = set(asked)
        try:
            while pending:
                done, pending = await asyncio.wait(pending, timeout=FLUSH_SECONDS)
                self._give(screen, {asked[one]: one for one in done})
                busy.difference_update(asked[one] for one in done)
        finally:
            for one in pending:
                one.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _ask(self, screen: Screen, name: str, part: Grid, scraped: frozenset[float]) -> Added:
        """What a panel lacks. Raises: QueryError."""
        shown = screen.panels[name]
        shown.exprs = shown.exprs or self._exprs(name, screen.view, part.step)
        asked = [
            self._series(self._panels[name], place, expr, part, scraped)
            for place, expr in enumerate(shown.exprs)
            if expr
        ]
        return Added(name, part, await _all_of(asked))

    def _give(self, screen: Screen, done: Mapping[str, asyncio.Future[Added]]) -> None:
        """Give the panels that came, and say why the others did not."""
        failed = {name: why for name, one in done.items() if (why := _refused(one)) is not None}
        came = [one.result() for name, one in done.items() if name not in failed]
        for one in came:
            shown = screen.panels[one.panel]
            shown.not_before, shown.time_outs = 0.0, 0
        screen.set_busy(done, is_busy=False)
        screen.take(came)
        self._fail(screen, failed)

    def _fail(self, screen: Screen, failed: Mapping[str, QueryError]) -> None:
        """Say of panels why they are not to be had, of those with the same reason together."""
        said: dict[tuple[str, str], list[str]] = {}
        for name, error in failed.items():
            shown = screen.panels[name]
            pause = AGAIN_SECONDS * 2 ** min(shown.time_outs, MOST_DOUBLINGS)
            shown.time_outs += error.kind == "timeout"
            shown.not_before = self._clock() + pause
            said.setdefault((str(error), error.remedy), []).append(name)
        for (sentence, remedy), names in said.items():
            screen.fail(names, sentence, remedy)
        screen.catch_up()

    def _grid(self, screen: Screen, now: float) -> Grid:
        return grid_of(screen.view, now, self._scrape_seconds, screen.begun)

    def _exprs(self, name: str, view: View, step: int) -> tuple[str, ...]:
        """The queries as they are asked; empty where this view does not ask one."""
        panel = self._panels[name]
        asked = panel.asked(view.by_model)
        return tuple(
            filled(query.expr, view, step, self._scrape_seconds, self._slo)
            if place in asked
            else ""
            for place, query in enumerate(panel.queries)
        )

    async def _series(
        self, panel: Panel, place: int, expr: str, grid: Grid, scraped: frozenset[float]
    ) -> list[Series]:
        found = await self._turns.range(expr, grid, self._look_back_seconds)
        is_constant = panel.queries[place].role is Role.THRESHOLD
        try:
            return columns(place, found, grid, None if is_constant else scraped)
        except ValueError as error:
            said = f"expected numbers from Prometheus: {error}"
            raise QueryError("unreadable", said) from error

    async def _scraped(self, grid: Grid) -> frozenset[float]:
        """When there were samples. Raises: QueryError.

        A Prometheus that was stopped marks no series as gone: each would go on for as long as it
        looks back, which is five minutes where it takes no other number (2.42).
        """
        window = duration(max(self._look_back_seconds, grid.step))
        try:
            expr = f"count(count_over_time(up[{window}]))"
            return instants(await self._turns.range(expr, grid, self._look_back_seconds))
        except SilenceError as error:
            # this asks for little: a shorter range would help nobody
            raise SilenceError(str(error), HANGS) from error


def slo_of(settings: DashboardSettings) -> Mapping[str, str]:
    """The objectives' numbers, by the names that panels use."""
    names = ("slo_success_ratio", "slo_ttft_seconds", "slo_ttft_ratio", "slo_duration_seconds")
    return {name: f"{getattr(settings, name):g}" for name in names}


def spanned(parts: Iterable[Grid]) -> Grid:
    """The grid from the first instant of any to the last, of grids that are parts of one."""
    grids = list(parts)
    start, end, step = min(one.start for one in grids), max(one.end for one in grids), grids[0].step
    return Grid(start, step, (end - start) // step + 1)


async def _all_of(asked: Iterable[Awaitable[list[Series]]]) -> list[Series]:
    """The series of all queries of a panel. Raises: the first error, when all have ended."""
    series: list[Series] = []
    for found in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(found, BaseException):
            raise found
        series += found
    return series


def _refused(asked: asyncio.Future[Added]) -> QueryError | None:
    """Why a panel is not to be had; a defect is logged with its traceback."""
    error = asked.exception()
    if error is None or isinstance(error, QueryError):
        return error
    _log.error("panel_failed", exc_info=error)
    return QueryError("defect", FAILED)


def _lacks(screen: Screen, name: str, grid: Grid, now: float) -> bool:
    shown = screen.panels.get(name)
    if shown is None:
        return True
    is_due = not shown.is_busy and now >= shown.not_before
    return is_due and missing(shown.buffer, grid).count > 0
