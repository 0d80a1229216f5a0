"""One view with all who look at it: what they want, what there is, and what each has been given.

For one event loop. A frame is encoded once for all who are to have the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dashboard.frames import Buffer
from dashboard.messages import Frame, PanelFrame, Series
from dashboard.views import Grid, View


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
class Shown:
    """A panel: what was answered, and what went wrong last."""

    exprs: tuple[str, ...]
    buffer: Buffer | None = None
    error: str = ""
    remedy: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to say of it yet."""
        return self.buffer is not None or bool(self.error)


@dataclass(frozen=True, slots=True)
class Added:
    """Points that a panel got: the whole of it, or some at its end."""

    panel: str
    grid: Grid
    series: Sequence[Series]
    is_whole: bool


class Screen:
    """A view and its watchers. `encode` makes bytes of a frame."""

    def __init__(self, view: View, encode: Callable[[Frame], bytes]) -> None:
        self.view = view
        self.seats: dict[Watcher, Seat] = {}
        self.panels: dict[str, Shown] = {}
        self.is_busy = False
        self.not_before = 0.0
        """When it is to be asked for again, where a query failed."""
        self.deserted_at = 0.0
        self._encode = encode

    @property
    def wanted(self) -> frozenset[str]:
        """The panels that somebody wants."""
        return frozenset().union(*(seat.wanted for seat in self.seats.values()))

    def seat(self, watcher: Watcher, panels: Iterable[str]) -> None:
        """Let a watcher want these panels, and no others; it keeps what it has of them."""
        wanted = frozenset(panels)
        old = self.seats.get(watcher, Seat(wanted))
        self.seats[watcher] = Seat(wanted, old.has & wanted, old.is_behind)

    def unseat(self, watcher: Watcher, now: float) -> None:
        """Show a watcher nothing more."""
        if self.seats.pop(watcher, None) is not None:
            self.deserted_at = now

    def tell(self, added: Sequence[Added], failed: Iterable[str]) -> None:
        """Give all what was added, and whole panels to those who have them not yet."""
        for one in added:
            if one.is_whole:
                for seat in self.seats.values():
                    seat.has.discard(one.panel)
        parts = [one for one in added if not one.is_whole]
        for grid in dict.fromkeys(one.grid for one in parts):
            self._append(grid, {one.panel: one.series for one in parts if one.grid == grid})
        self._say_failed(frozenset(failed))
        self.catch_up()

    def catch_up(self) -> None:
        """Give whole panels to those who want them and have them not."""
        made: dict[frozenset[str], list[bytes]] = {}
        known = {name for name, shown in self.panels.items() if shown.is_known}
        for watcher, seat in self.seats.items():
            if seat.is_behind and not watcher.is_ready:
                continue
            seat.is_behind = False
            needed = (seat.wanted - seat.has) & known
            if needed not in made:
                made[needed] = self._whole(needed)
            if all(watcher.offer(frame) for frame in made[needed]):
                seat.has |= needed
            else:
                _fall_behind(seat)

    def _append(self, grid: Grid, series: dict[str, Sequence[Series]]) -> None:
        made: dict[frozenset[str], bytes] = {}
        for watcher, seat in self.seats.items():
            panels = frozenset(seat.has & series.keys())
            if not panels:
                continue
            if panels not in made:
                parts = [self._part(name, list(series[name])) for name in sorted(panels)]
                made[panels] = self._frame(grid, parts, is_whole=False)
            if not watcher.offer(made[panels]):
                _fall_behind(seat)

    def _say_failed(self, failed: frozenset[str]) -> None:
        """Say what went wrong to those who have the panel; others get it with the whole."""
        for name in failed:
            shown = self.panels[name]
            if shown.buffer is None:
                for seat in self.seats.values():
                    seat.has.discard(name)
                continue
            end = shown.buffer.grid
            grid = Grid(end.end, end.step, 0)
            frame = self._frame(grid, [self._part(name, [])], is_whole=False)
            for watcher, seat in self.seats.items():
                if name in seat.has and not watcher.offer(frame):
                    _fall_behind(seat)

    def _whole(self, panels: frozenset[str]) -> list[bytes]:
        """A frame for each grid that these panels have."""
        by_grid: dict[Grid, list[PanelFrame]] = {}
        for name in sorted(panels):
            buffer = self.panels[name].buffer
            grid = Grid(0, 1, 0) if buffer is None else buffer.grid
            part = self._part(name, [] if buffer is None else buffer.series, is_whole=True)
            by_grid.setdefault(grid, []).append(part)
        return [self._frame(grid, parts, is_whole=True) for grid, parts in by_grid.items()]

    def _part(self, name: str, series: list[Series], is_whole: bool = False) -> PanelFrame:
        shown = self.panels[name]
        return PanelFrame(
            id=name,
            series=series,
            exprs=shown.exprs if is_whole else (),
            error=shown.error,
            remedy=shown.remedy,
            left_out=0 if shown.buffer is None else shown.buffer.left_out,
        )

    def _frame(self, grid: Grid, parts: list[PanelFrame], *, is_whole: bool) -> bytes:
        return self._encode(
            Frame(self.view.key, is_whole, grid.start, grid.step, grid.count, parts)
        )


def _fall_behind(seat: Seat) -> None:
    """It missed something, so that nothing more can be added: it gets all of it whole."""
    seat.is_behind = True
    seat.has.clear()
