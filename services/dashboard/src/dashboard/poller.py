"""What is looked at, asked once for all viewers of a view, once a step."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

from dashboard.books import Books
from dashboard.kept import kept
from dashboard.messages import Look
from dashboard.panels.model import Kind, Panel
from dashboard.rounds import Rounds
from dashboard.screen import Screen, Watcher
from dashboard.settings import DashboardSettings
from dashboard.views import BadViewError, View
from ollama_observe.service.tasks import spawn

TILES = "now"
"""The group whose panels are in the view of the tiles."""
TICK_SECONDS = 0.25
"""How often it is looked whether something is due: that asks nobody."""
GATHER_SECONDS = 0.02
"""How long who comes is waited for: those who come together are served together."""
GRACE_SECONDS = 15.0
"""How long a view is kept that nobody looks at: a page that is loaded again costs no round."""
GIVE_UP_SECONDS = 2.0
"""How long a round goes on that nobody waits for."""
MOST_NUMBERS = 10_000_000
"""Of all views together: about 300 MiB."""
MOST_QUOTED = 60
"""Of what a viewer sent, in a sentence."""


class Poller:
    """Keeps the screens. `clock` is Unix time in seconds."""

    def __init__(
        self,
        panels: Iterable[Panel],
        rounds: Rounds,
        settings: DashboardSettings,
        books: Books,
        encode: Callable[..., bytes],
        clock: Callable[[], float],
    ) -> None:
        self._panels = {panel.id: panel for panel in panels}
        self._always = {one.id for one in self._panels.values() if one.kind is Kind.MARKS}
        self._rounds = rounds
        self._most_views = settings.most_views
        self._books = books
        self._encode = encode
        self._clock = clock
        self._screens: dict[str, Screen] = {}
        self._views: dict[Watcher, str] = {}
        """The key of what each looks at."""
        self._running: dict[asyncio.Task[None], Screen] = {}
        self._wake = asyncio.Event()

    def watch(self, viewer: Watcher, look: Look, /) -> tuple[str, str]:
        """Show a view in place of the viewer's last one; the keys of it and of its tiles' view.

        Raises: BadViewError.
        """
        now = self._clock()
        view = look.view.checked(now)
        for name in look.panels:
            if name not in self._panels:
                raise BadViewError(f"panels: there is no {name[:MOST_QUOTED]!r}")
        self._require_room(viewer, view)
        self._views[viewer] = view.key
        tiles = {name for name in look.panels if self._panels[name].group == TILES}
        # the view of the tiles may be the page's own, too
        wanted = {view.key: self._always | set(look.panels) - tiles}
        wanted[view.tiles.key] = wanted.get(view.tiles.key, set()) | tiles
        for key, screen in self._screens.items():
            if key not in wanted:
                screen.unseat(viewer, now)
        for one in (view, view.tiles):
            screen = self._screens.setdefault(one.key, Screen(one, now, self._encode))
            if viewer not in screen.seats:
                self._rounds.freshen(screen, now)
            screen.seat(viewer, wanted[one.key])
        self._wake.set()
        return view.key, view.tiles.key

    def leave(self, viewer: Watcher, /) -> None:
        """Show it nothing more."""
        self._views.pop(viewer, None)
        for screen in self._screens.values():
            screen.unseat(viewer, self._clock())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask while the block runs."""
        task = spawn(kept(self._run, "poll Prometheus"), name="poll Prometheus")
        try:
            yield
        finally:
            tasks = {task, *self._running}
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
            await asyncio.sleep(GATHER_SECONDS)

    def turn(self) -> None:
        """Begin what is due, give what is owed, forget what nobody looks at."""
        now = self._clock()
        self._give_up(now)
        self._forget(now)
        lacking = {one: self._rounds.lacking(one, now) for one in self._screens.values()}
        if any(lacking.values()):
            self._books.query_rounds.inc()
        for screen, names in lacking.items():
            if not names:
                continue
            screen.set_busy(names, is_busy=True)
            task = spawn(self._rounds.play(screen, names, now), name="ask for a view")
            self._running[task] = screen
            task.add_done_callback(self._ended)
        for screen in self._screens.values():
            screen.catch_up()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()  # who came meanwhile waits for no tick

    def _give_up(self, now: float) -> None:
        """End the rounds that nobody waits for: those of a viewer that goes from view to view."""
        for task, screen in self._running.items():
            is_waited_for = screen.seats or now - screen.deserted_at <= GIVE_UP_SECONDS
            if not is_waited_for and not task.cancelling():
                task.cancel()

    def _forget(self, now: float) -> None:
        """Drop the views that nobody looks at: after a while, or at once where there are many."""
        deserted = [
            (screen.deserted_at, key)
            for key, screen in self._screens.items()
            if not screen.seats and not screen.is_busy
        ]
        room = 2 * self._most_views  # each view has one of its tiles
        for at, key in sorted(deserted):
            if now - at > GRACE_SECONDS or len(self._screens) > room:
                del self._screens[key]

    def _require_room(self, viewer: Watcher, view: View) -> None:
        views = {key for one, key in self._views.items() if one is not viewer}
        if view.key in views:
            return
        if len(views) >= self._most_views:
            raise BadViewError(
                f"{self._most_views} different views are shown already"
                " (DASHBOARD_MOST_VIEWS): choose a range without a zoom or a filter"
            )
        if sum(screen.size for screen in self._screens.values()) > MOST_NUMBERS:
            raise BadViewError(
                f"all views together have more than {MOST_NUMBERS} numbers already:"
                " choose a range without a zoom or a filter"
            )
