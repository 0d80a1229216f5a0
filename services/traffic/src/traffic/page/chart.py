"""What a chart of a page is made of, and what all of them share. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from traffic.page import timelines
from traffic.page.plots import Axis, Mark, exact, linear, logarithmic, svg
from traffic.page.timelines import Bin
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.summary import Summary
from traffic.results.units import tick

LOWEST_SECONDS = 1e-5
"""Where a logarithmic axis begins at the earliest."""

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot with the table that says the same."""

    name: str
    title: str
    text: str
    plot: Markup
    columns: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Run:
    """A run to be drawn: what was measured, of that the whole answers, when and how long."""

    measured: Sequence[Attempt]
    whole: Sequence[Attempt]
    drops: Sequence[Drop]
    began: float
    seconds: float
    summary: Summary

    def time_axis(self) -> Axis:
        """From its beginning to its end."""
        return exact(self.seconds or 1.0, lambda value: f"{value:g}", "seconds of the run")

    def bins(self, count: int) -> list[Bin]:
        """Its time in so many parts."""
        return timelines.bins(self.seconds, count)


def chart(
    words: tuple[str, str, str],
    axes: tuple[Axis, Axis],
    marks: Sequence[Mark],
    table: tuple[tuple[str, ...], Rows],
) -> Chart:
    """A chart: name, title, text; both axes; the marks; columns and rows of the table."""
    name, title, text = words
    return Chart(name, title, text, svg(name, title, text, *axes, marks), *table)


def seconds_axis(values: Sequence[float], title: str) -> Axis:
    """Logarithmic where a linear one would press most of the values to the ground."""
    low, high = positive_ends(values)
    if high / low > 50:
        return logarithmic(low, high, tick, title)
    return linear(0.0, max(values), tick, title)


def positive_ends(values: Sequence[float]) -> tuple[float, float]:
    """What a logarithmic axis can hold: from 10 microseconds on."""
    low = min((value for value in values if value >= LOWEST_SECONDS), default=LOWEST_SECONDS)
    return low, max(*values, low)


def span(part: Bin) -> str:
    """A part of the time, for a table."""
    return f"{part.begin:.1f} to {part.end:.1f}"
