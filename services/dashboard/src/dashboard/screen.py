"""One view with all who look at it: what they want, what there is, and what each has been given.

For one event loop. A frame is encoded once for all who are to have the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dashboard.frames import Buffer
from dashboard.messages import Frame, PanelFrame, Series
from dashboard.views import Grid, View

NO_GRID = Grid(0, 1, 0)
"""Of a panel that has no points."""
MOST_NUMBERS = 50_000
"""Of a whole frame, in several panels: about half a MiB. What waits for a viewer is bounded."""


class Watcher(Protocol):
    """Who looks; viewer.py has it."""

    @property
    def is_ready(self) -> bool:
        """Whether all that it was offered is sent."""

    def offer(self, frame: bytes, /) -> bool:
        """Give it a frame; False where it is too slow for it."""


@dataclass(slots=True)
class Seat:
    """What a watcher wants, and of that what it has had whole."""

    wanted: frozenset[str]
    has: set[str] = field(default_factory=set)
    is_behind: bool = False


@dataclass(slots=True)
class ShownPanel:
    """Of a panel: what was answered, and what went wrong last.

    While it is busy it is being asked for. `time_outs` are those since the last answer. Units:
    before `not_before`, as Unix time, it is not asked for again.
    """

    exprs: tuple[str, ...] = ()
    buffer: Buffer | None = None
    error: str = ""
    remedy: str = ""
    not_before: float = 0.0
    time_outs: int = 0
    is_busy: bool = False

    @property
    def grid(self) -> Grid:
        """The instants of its points."""
        return NO_GRID if self.buffer is None else self.buffer.grid

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return 0 if self.buffer is None else self.buffer.size

    @property
    def is_known(self) -> bool:
        """Whether there is anything to say of it yet."""
        return self.buffer is not None or bool(self.error)


@dataclass(frozen=True, slots=True)
class Added:
    """Points that a panel got: at its end, or all that it has now."""

    panel: str
    grid: Grid
    series: Sequence[Series]


class Screen:
    """A view and its watchers. `begun` is Unix time, `encode` makes bytes of a frame."""

    def __init__(self, view: View, begun: float, encode: Callable[[Frame], bytes]) -> None:
        self.view = view
        self.begun = begun
        self.seats: dict[Watcher, Seat] = {}
        self.panels: dict[str, ShownPanel] = {}
        self.deserted_at = 0.0
        self.wanted: frozenset[str] = frozenset()
        """The panels that somebody wants."""
        self._encode = encode
        self._owed: dict[Watcher, None] = {}
        """Who may lack something that there is; the others need not be looked at at every turn."""

    @property
    def is_busy(self) -> bool:
        """Whether any panel is being asked for."""
        return any(shown.is_busy for shown in self.panels.values())

    @property
    def size(self) -> int:
        """How many numbers it keeps."""
        return sum(shown.size for shown in self.panels.values())

    def set_busy(self, names: Iterable[str], *, is_busy: bool) -> None:
        """Panels are being asked for, or no more."""
        for name in names:
            self.panels.setdefault(name, ShownPanel()).is_busy = is_busy

    def seat(self, watcher: Watcher, panels: Iterable[str]) -> None:
        """Let a watcher want these panels, and no others; it keeps what it has of them."""
        wanted = frozenset(panels)
        old = self.seats.get(watcher, Seat(wanted))
        self.seats[watcher] = Seat(wanted, old.has & wanted, old.is_behind)
        self._owed[watcher] = None
        self._count()

    def unseat(self, watcher: Watcher, now: float) -> None:
        """Show a watcher nothing more."""
        if self.seats.pop(watcher, None) is not None:
            self._owed.pop(watcher, None)
            self.deserted_at = now
            self._count()

    def take(self, added: Iterable[Added]) -> None:
        """Panels have new points. Who has a panel gets those at its end, or else all."""
        kept: list[Added] = []
        for one in added:
            shown = self.panels[one.panel]
            shown.error = shown.remedy = ""
            if shown.buffer is not None and shown.buffer.goes_on_with(one.grid):
                series = shown.buffer.append(one.grid, one.series)
                kept.append(Added(one.panel, one.grid, series))
            else:
                shown.buffer = Buffer(one.grid, one.series)
                self._owe(one.panel)
        self._append(kept)

    def fail(self, names: Iterable[str], error: str, remedy: str) -> None:
        """Panels were not to be had. Their points stay; who has them hears of it, once."""
        ends: list[Added] = []
        for name in names:
            shown = self.panels[name]
            if (shown.error, shown.remedy) == (error, remedy):
                continue
            shown.error, shown.remedy = error, remedy
            if shown.buffer is None:
                self._owe(name)
            else:
                last = shown.buffer.grid
                ends.append(Added(name, Grid(last.end, last.step, 0), ()))
        self._append(ends)

    def catch_up(self) -> None:
        """Give whole panels to those who want them and have them not."""
        if not self._owed:
            return
        made: dict[tuple[str, ...], bytes] = {}
        known = {name for name, shown in self.panels.items() if shown.is_known}
        for watcher in list(self._owed):
            seat = self.seats[watcher]
            if seat.is_behind and not watcher.is_ready:
                continue
            seat.is_behind = False
            del self._owed[watcher]
            for grid, names in self._together((seat.wanted - seat.has) & known):
                if names not in made:
                    made[names] = self._frame(grid, list(map(self._all, names)), is_whole=True)
                if not watcher.offer(made[names]):
                    self._is_behind(watcher, seat)
                    break
                seat.has |= set(names)

    def _owe(self, name: str) -> None:
        for watcher, seat in self.seats.items():
            seat.has.discard(name)
            self._owed[watcher] = None

    def _is_behind(self, watcher: Watcher, seat: Seat) -> None:
        seat.is_behind = True
        self._owed[watcher] = None

    def _count(self) -> None:
        self.wanted = frozenset().union(*(seat.wanted for seat in self.seats.values()))

    def _append(self, added: Sequence[Added]) -> None:
        """Give points at their end to all who have the panels."""
        for grid in dict.fromkeys(one.grid for one in added):
            self._give(grid, {one.panel: one.series for one in added if one.grid == grid})

    def _give(self, grid: Grid, series: dict[str, Sequence[Series]]) -> None:
        made: dict[frozenset[str], bytes] = {}
        for watcher, seat in self.seats.items():
            panels = frozenset(seat.has & series.keys())
            if not panels:
                continue
            if panels not in made:
                parts = [self._part(name, list(series[name])) for name in sorted(panels)]
                made[panels] = self._frame(grid, parts, is_whole=False)
            if not watcher.offer(made[panels]):
                # it missed points, so that nothing more can be added to these
                self._is_behind(watcher, seat)
                seat.has -= panels

    def _together(self, panels: Iterable[str]) -> Iterator[tuple[Grid, tuple[str, ...]]]:
        """The panels that go into one frame: of one grid, and not too many numbers."""
        by_grid: dict[Grid, list[str]] = {}
        for name in sorted(panels):
            by_grid.setdefault(self.panels[name].grid, []).append(name)
        for grid, names in by_grid.items():
            together: list[str] = []
            room = MOST_NUMBERS
            for name in names:
                size = self.panels[name].size
                if together and size > room:
                    yield grid, tuple(together)
                    together, room = [], MOST_NUMBERS
                together.append(name)
                room -= size
            yield grid, tuple(together)

    def _all(self, name: str) -> PanelFrame:
        buffer = self.panels[name].buffer
        return self._part(name, [] if buffer is None else buffer.series, is_whole=True)

    def _part(self, name: str, series: list[Series], is_whole: bool = False) -> PanelFrame:
        shown = self.panels[name]
        return PanelFrame(
            id=name,
            series=series,
            exprs=shown.exprs if is_whole or shown.error else (),
            error=shown.error,
            remedy=shown.remedy,
            left_out=0 if shown.buffer is None else shown.buffer.left_out,
        )

    def _frame(self, grid: Grid, parts: list[PanelFrame], *, is_whole: bool) -> bytes:
        return self._encode(
            Frame(self.view.key, is_whole, grid.start, grid.step, grid.count, parts)
        )
