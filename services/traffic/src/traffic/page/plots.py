"""Plots as SVG that stands in a page: colours and fonts are the page's. Pure.

Everything that is written into it is escaped by `Markup.format`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 42
"""What lies around the drawing, for what is written there."""
LETTER = 8.0
"""Room for a letter, also where a small screen has larger ones."""

Point = tuple[float, float]
Show = Callable[[float], str]
Class = Literal["a", "b", "bad", "hollow"]
"""A colour of the page, and a pattern of its own: nothing is told by colour alone."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis goes, linear or logarithmic, and what stands at its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    show: Show
    title: str
    is_log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high one."""
        inside = min(max(value, self.low), self.high)
        if self.is_log:
            return math.log(inside / self.low) / math.log(self.high / self.low)
        return (inside - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Line:
    """Points that are joined; a step goes on level until the next point."""

    label: str
    points: Sequence[Point]
    kind: Class = "a"
    is_step: bool = False


@dataclass(frozen=True, slots=True)
class Dots:
    """Points that are not."""

    label: str
    points: Sequence[Point]
    kind: Class = "a"


@dataclass(frozen=True, slots=True)
class Bars:
    """Columns: from where to where, at the bottom and at the top."""

    label: str
    columns: Sequence[tuple[float, float, float, float]]
    kind: Class = "a"


Mark = Line | Dots | Bars


def linear(low: float, high: float, show: Show, title: str, *, is_whole: bool = False) -> Axis:
    """An axis with round ticks that holds both ends; of counts, with none between numbers."""
    span = (high - low) or abs(high) or 1.0
    step = _round_step(span / 4, is_whole=is_whole)
    first, last = math.floor(low / step), max(math.ceil((low + span) / step), 1)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, show, title)


def exact(high: float, show: Show, title: str) -> Axis:
    """An axis from 0 to just there, with round ticks before it."""
    step = _round_step(high / 5)
    ticks = tuple(number * step for number in range(math.floor(high / step) + 1))
    return Axis(0.0, high, ticks, show, title)


def logarithmic(low: float, high: float, show: Show, title: str) -> Axis:
    """An axis over powers of ten. Both ends must be above 0."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    steps = (1, 2, 5) if last - first <= 2 else (1, 3) if last - first <= 3 else (1,)
    ticks = [step * 10.0**power for power in range(first, last) for step in steps]
    return Axis(10.0**first, 10.0**last, (*ticks, 10.0**last), show, title, is_log=True)


def _round_step(rough: float, *, is_whole: bool = False) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    steps = (step * size for step in (1, 2, 2.5, 5, 10) if step * size >= rough * 0.999)
    return next((step for step in steps if not is_whole or step.is_integer()), 1.0)


def svg(name: str, title: str, description: str, x: Axis, y: Axis, marks: Sequence[Mark]) -> Markup:
    """The plot. `name` tells it from the others of the page."""
    parts = [*_grid(x, y), *(_mark(one, x, y) for one in marks), *_legend(marks)]
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-text">'
        '<title id="{}-title">{}</title><desc id="{}-text">{}</desc>{}</svg>'
    ).format(WIDTH, HEIGHT, name, name, name, title, name, description, Markup("\n").join(parts))


def _at(axis: Axis, value: float) -> float:
    return round(LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT), 1)


def _up(axis: Axis, value: float) -> float:
    return round(HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM), 1)


def _grid(x: Axis, y: Axis) -> Iterator[Markup]:
    bottom = HEIGHT - BOTTOM
    for tick in y.ticks:
        up = _up(y, tick)
        yield Markup('<path class="grid" d="M{} {}H{}"/>').format(LEFT, up, WIDTH - RIGHT)
        yield _text("end", LEFT - 6, up + 4, y.show(tick))
    for tick in x.ticks:
        at = _at(x, tick)
        yield Markup('<path class="grid" d="M{} {}v5"/>').format(at, bottom)
        yield _text("middle", at, bottom + 18, x.show(tick))
    yield _text("start", 4, 13, y.title)
    yield _text("end", WIDTH - RIGHT, HEIGHT - 6, x.title)


def _text(anchor: str, at: float, up: float, words: str) -> Markup:
    return Markup('<text text-anchor="{}" x="{}" y="{}">{}</text>').format(anchor, at, up, words)


def _mark(mark: Mark, x: Axis, y: Axis) -> Markup:
    match mark:
        case Line():
            path = _path(((_at(x, a), _up(y, b)) for a, b in mark.points), is_step=mark.is_step)
            return Markup('<path class="line {}" d="{}"/>').format(mark.kind, path)
        case Dots():
            dots = "".join(_dot(mark.kind, _at(x, a), _up(y, b)) for a, b in mark.points)
            return Markup('<path class="dots {}" d="{}"/>').format(mark.kind, dots)
        case Bars():
            bars = "".join(_bar(column, x, y) for column in mark.columns)
            return Markup('<path class="bars {}" d="{}"/>').format(mark.kind, bars)


def _dot(kind: Class, at: float, up: float) -> str:
    """Round, or square."""
    if kind == "a":
        return f"M{at - 2.2:.1f} {up}a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0"
    return f"M{at - 2.2:.1f} {up - 2.2:.1f}h4.4v4.4h-4.4Z"


def _path(points: Iterable[Point], *, is_step: bool) -> str:
    drawn = list(points)
    if not drawn:
        return ""
    first = f"M{drawn[0][0]} {drawn[0][1]}"
    if not is_step:
        return first + "".join(f"L{a} {b}" for a, b in drawn[1:])
    return first + "".join(f"H{after[0]}V{after[1]}" for _, after in pairwise(drawn))


def _bar(column: tuple[float, float, float, float], x: Axis, y: Axis) -> str:
    begin, end, bottom, top = column
    left, right = _at(x, begin), _at(x, end)
    return f"M{left} {_up(y, bottom)}V{_up(y, top)}H{right}V{_up(y, bottom)}Z"


def _legend(marks: Sequence[Mark]) -> Iterator[Markup]:
    """What each mark is, from the right; nothing where there is one."""
    if len(marks) < 2:
        return
    right = float(WIDTH - RIGHT)
    for mark in reversed(marks):
        left = round(right - LETTER * len(mark.label), 1)
        yield _text("start", left, 13, mark.label)
        yield _sign(mark, left)
        right = left - 36


def _sign(mark: Mark, right: float) -> Markup:
    match mark:
        case Line():
            kind, shape = "line", f"M{right - 24} 9h18"
        case Dots():
            kind, shape = "dots", _dot(mark.kind, right - 9, 9.0)
        case Bars():
            kind, shape = "bars", f"M{right - 18} 4h12v10h-12Z"
    return Markup('<path class="{} {}" d="{}"/>').format(kind, mark.kind, shape)
