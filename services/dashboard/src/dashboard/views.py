"""What a viewer looks at: a stretch of time, some models, a way. Pure.

Many viewers of one view share its queries, so that views are few: ranges are of a list, points of
another, and instants lie on a grid of the step.
"""

import math
from enum import StrEnum

import msgspec

TILES_SECONDS = 900
"""What the lines of the tiles show, whatever the range."""
MOST_MODELS = 20
MOST_NAME = 300
"""Letters of a model's name."""
MOST_SECONDS = 400 * 86_400
"""The longest stretch that a zoom can have."""
SETTLE_SECONDS = 1.0
"""How long after an instant its samples are there."""
ANCHOR_SECONDS = 60
"""A live view begins with an instant of the last minute, however long its steps are."""

POINTS = (150, 300, 600)
"""How many points a line has, by the width of the page."""

_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 2400),
    *(3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400),
)


class Range(msgspec.Struct, frozen=True):
    """A stretch that ends now."""

    label: str
    seconds: int


RANGES = (
    Range("5 m", 300),
    Range("15 m", 900),
    Range("1 h", 3600),
    Range("6 h", 21_600),
    Range("24 h", 86_400),
    Range("7 d", 604_800),
    Range("30 d", 2_592_000),
)


class Routing(StrEnum):
    """Which requests, by their way."""

    BOTH = ""
    DIRECT = "direct"
    PORTKEY = "portkey"


class BadViewError(ValueError):
    """What a viewer asks for cannot be shown; the message says what was expected and found."""


class View(msgspec.Struct, frozen=True):
    """What is shown, without which panels. Units: seconds; `start` and `end` are Unix time.

    Live where `start` is None: the last `seconds`, and on. Else from `start` to `end`.
    """

    seconds: int = 900
    start: int | None = None
    end: int | None = None
    models: tuple[str, ...] = ()
    """Empty: all."""
    routing: Routing = Routing.BOTH
    by_model: bool = False
    points: int = 300

    @property
    def is_live(self) -> bool:
        """Whether it goes on."""
        return self.start is None

    @property
    def key(self) -> str:
        """What tells it from others, in messages."""
        when = f"{self.seconds}" if self.is_live else f"{self.start}-{self.end}"
        how = "model" if self.by_model else "total"
        models = (name.replace("%", "%25").replace("|", "%7C") for name in sorted(self.models))
        return "|".join((when, str(self.points), self.routing, how, *models))

    @property
    def tiles(self) -> "View":
        """The view of the tiles beside it."""
        return View(seconds=TILES_SECONDS, models=self.models, routing=self.routing, points=150)

    def checked(self, now: float) -> "View":
        """The same, if it can be shown. Raises: BadViewError."""
        if self.points not in POINTS:
            raise BadViewError(f"points: expected one of {POINTS}, found {self.points}")
        if len(self.models) > MOST_MODELS:
            raise BadViewError(f"models: expected at most {MOST_MODELS}, found {len(self.models)}")
        if any(len(name) > MOST_NAME for name in self.models):
            raise BadViewError(f"models: expected names of at most {MOST_NAME} letters")
        if (self.start is None) != (self.end is None):
            raise BadViewError("expected start and end, or neither")
        if self.start is None or self.end is None:
            if self.seconds not in {one.seconds for one in RANGES}:
                raise BadViewError(f"seconds: expected one of RANGES, found {self.seconds}")
        else:
            _require_stretch(self.start, self.end, now)
        return self


class Grid(msgspec.Struct, frozen=True):
    """The instants of a view: `start`, `start + step`, ... `count` of them. Units: seconds."""

    start: int
    step: int
    count: int

    @property
    def end(self) -> int:
        """The last instant."""
        return self.start + (self.count - 1) * self.step


def step_of(view: View, scrape_seconds: float) -> int:
    """The distance of two points: never below the scrapes', so that no point repeats another."""
    span = view.seconds if view.start is None or view.end is None else view.end - view.start
    least = max(scrape_seconds, span / view.points)
    return next((step for step in _STEPS if step >= least), _STEPS[-1])


def grid_of(view: View, now: float, scrape_seconds: float, begun: float) -> Grid:
    """The instants of a view; none is before its samples are there.

    Those of a zoom are multiples of the step, and become more until its end has come. Those of a
    live view are whole steps from where it `begun`: a step may be hours, and who has just started
    all this wants to see its first minutes.
    """
    step = step_of(view, scrape_seconds)
    if view.start is None or view.end is None:
        settled = math.floor((begun - SETTLE_SECONDS) / ANCHOR_SECONDS) * ANCHOR_SECONDS
        phase = settled % step
        last = math.floor((now - SETTLE_SECONDS - phase) / step)
        count = view.seconds // step + 1
    else:
        phase = 0
        last = min(math.ceil(view.end / step), math.floor((now - SETTLE_SECONDS) / step))
        count = max(1, last - view.start // step + 1)
    return Grid(phase + (last - count + 1) * step, step, count)


def _require_stretch(start: int, end: int, now: float) -> None:
    """Raises: BadViewError."""
    if not (0 <= start < end and end - start <= MOST_SECONDS):
        raise BadViewError(
            f"expected a stretch of 1 to {MOST_SECONDS} seconds, found {start} to {end}"
        )
    if start >= now:
        raise BadViewError(f"start: expected a time before {now:.0f}, now, found {start}")
