"""Fills the places of a panel's PromQL with what a view asks for. Pure."""

import re
from collections.abc import Mapping
from string import Template
from typing import NamedTuple

from dashboard.views import Routing, View

SCRAPES_A_WINDOW = 4
"""A rate needs two samples; four let one be missed."""
STEPS_A_WIDE_WINDOW = 20
"""Few requests make no quantile: a line of them smooths a fifteenth of its range."""
WIDE_SECONDS = 300
"""Longer than this nothing is smoothed."""

_DURATION = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_GROWTH = re.compile(r"@\{(?P<what>grown|rate)\((?P<series>.+?), (?P<window>window|wide|5m)\)\}")


class Span(NamedTuple):
    """A range as PromQL writes it, and its seconds as a factor: `5m`, `300`."""

    duration: str
    seconds: str


def filled(expr: str, view: View, step: int, scrape_seconds: float, slo: Mapping[str, str]) -> str:
    """The expression for one view. `slo` gives the objectives' numbers by name (`slo_...`)."""
    models = () if not view.models else (_matches("model", view.models),)
    routings = () if view.routing is Routing.BOTH else (f'routing="{view.routing}"',)
    window = max(step, int(SCRAPES_A_WINDOW * scrape_seconds))
    wide = max(window, min(WIDE_SECONDS, STEPS_A_WIDE_WINDOW * step))
    spans = {
        name: Span(duration(seconds), str(seconds))
        for name, seconds in (("window", window), ("wide", wide), ("5m", 300))
    }
    matchers = {
        "models": ",".join(models),
        "routings": ",".join(routings),
        "requests": ",".join((*models, *routings)),
    }
    return _without_empty(with_growth(expr, spans), matchers).substitute(
        slo,
        **matchers,
        step=duration(step),
        window=spans["window"].duration,
        wide=spans["wide"].duration,
    )


def duration(seconds: int) -> str:
    """Seconds as PromQL writes them: 90 is `90s`, 120 is `2m`."""
    for size, letter in _DURATION:
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    raise ValueError(f"expected whole seconds, found {seconds}")


def with_growth(expr: str, spans: Mapping[str, Span]) -> str:
    """The expression with what `@{grown(...)}` and `@{rate(...)}` stand for.

    Source: stack/src/stack/prometheus/rules.py says why growth is told like this.
    """

    def growth(found: re.Match[str]) -> str:
        series, (window, seconds) = found["series"], spans[found["window"]]
        grown = (
            f"({series} unless {series} offset {window} "
            f"and (count_over_time({series}[{window}]) < on (instance, job) group_left () "
            f"max by (instance, job) (sum_over_time(up[{window}]))) "
            f"or increase({series}[{window}]))"
        )
        return grown if found["what"] == "grown" else f"{grown} / {seconds}"

    return _GROWTH.sub(growth, expr)


def _matches(label: str, values: tuple[str, ...]) -> str:
    """A matcher of any of the values: quoted for RE2, then for PromQL's string."""
    pattern = "|".join(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value) for value in values)
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{label}=~"{quoted}"'


def _without_empty(expr: str, matchers: Mapping[str, str]) -> Template:
    """Without the places that stay empty, and the commas and braces around them.

    Done before anything is filled in: a model's name may hold the same.
    """
    empty = {name: "" for name, value in matchers.items() if not value}
    left = Template(expr).safe_substitute(empty)
    return Template(re.sub(r"\{\}", "", re.sub(r",(?=\})|(?<=\{),", "", left)))
