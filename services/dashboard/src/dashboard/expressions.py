"""Fills the places of a panel's PromQL with what a view asks for. Pure."""

import re
from collections.abc import Mapping
from string import Template

from dashboard.views import Routing, View

SCRAPES_A_WINDOW = 4
"""A rate needs two samples; four let one be missed."""

_DURATION = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def filled(expr: str, view: View, step: int, scrape_seconds: float, slo: Mapping[str, str]) -> str:
    """The expression for one view. `slo` gives the objectives' numbers by name (`slo_...`)."""
    models = () if not view.models else (_matches("model", view.models),)
    routings = () if view.routing is Routing.BOTH else (f'routing="{view.routing}"',)
    return _tidy(
        Template(expr).substitute(
            slo,
            models=",".join(models),
            routings=",".join(routings),
            requests=",".join((*models, *routings)),
            window=duration(max(step, int(SCRAPES_A_WINDOW * scrape_seconds))),
            step=duration(step),
        )
    )


def duration(seconds: int) -> str:
    """Seconds as PromQL writes them: 90 is `90s`, 120 is `2m`."""
    for size, letter in _DURATION:
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    raise ValueError(f"expected whole seconds, found {seconds}")


def _matches(label: str, values: tuple[str, ...]) -> str:
    """A matcher of any of the values: quoted for RE2, then for PromQL's string."""
    pattern = "|".join(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value) for value in values)
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{label}=~"{quoted}"'


def _tidy(expr: str) -> str:
    """Without the commas and braces that empty places leave."""
    return re.sub(r"\{\}", "", re.sub(r",(?=\})|(?<=\{),", "", expr))
