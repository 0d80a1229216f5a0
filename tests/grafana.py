"""Grafana's boards as they are committed, and what Grafana makes of them before it asks Prometheus.

How it fills in variables is told by its documentation and seen in its Prometheus data source: first
the page puts in the board's variables, then the server the intervals, as text.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dashboard.panels import PANELS
from dashboard.panels.model import Panel, Query
from grafana.layout import BOARDS, Board
from stack.places import REPOSITORY

FOLDER = REPOSITORY / "grafana"
DASHBOARDS = FOLDER / "dashboards"
VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")

_BY_ID = {panel.id: panel for panel in PANELS}
_SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")
_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody has chosen above a board, and how far its points are apart, in seconds.

    `values` are of the board's variables; those that are not there are as the board comes.
    """

    step: int
    scrape: int
    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def rate_interval(self) -> int:
        """`$__rate_interval`, in seconds."""
        return max(self.step + self.scrape, 4 * self.scrape)


@dataclass(frozen=True, slots=True)
class Shown:
    """A query of ours, and the target that stands for it on a board."""

    board: Board
    panel: Panel
    query: Query
    target: dict[str, Any]
    chart: dict[str, Any]

    @property
    def name(self) -> str:
        """Which it is."""
        return f"{self.board.file}: {self.panel.id} {self.target['refId']}"


def document(board: Board) -> dict[str, Any]:
    """The board's file."""
    found: dict[str, Any] = json.loads((DASHBOARDS / board.file).read_text(encoding="utf-8"))
    return found


def charts(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The panels that show something, in the order in which they are read."""
    flat = [one for panel in found["panels"] for one in (panel, *panel.get("panels", ()))]
    return [panel for panel in flat if panel["type"] != "row"]


@cache
def shown() -> tuple[Shown, ...]:
    """Every target of every board beside the query of ours that it is to be."""
    return tuple(_of_boards())


def _of_boards() -> Iterator[Shown]:
    for board in BOARDS:
        names = [name for row in board.rows for name in row.panels]
        for name, chart in zip(names, charts(document(board)), strict=True):
            panel = _BY_ID[name]
            places = panel.asked(board.by_model)
            for place, target in zip(places, chart["targets"], strict=True):
                yield Shown(board, panel, panel.queries[place], target, chart)


def marks() -> Iterator[tuple[Panel, dict[str, Any]]]:
    """Every mark of every board beside ours."""
    for board in BOARDS:
        ours = [panel for panel in PANELS if panel.group == "marks"]
        yield from zip(ours, document(board)["annotations"]["list"], strict=True)


def interpolated(expr: str, found: Mapping[str, Any], chosen: Chosen) -> str:
    """The expression that Prometheus is asked."""
    variables = {one["name"]: one for one in found["templating"]["list"]}

    def of_the_page(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name.startswith("__"):
            return f"${name}"  # the server's
        return _text(variables[name], chosen.values.get(name))

    asked = VARIABLE.sub(of_the_page, expr)
    for name, value in (
        ("$__interval_ms", f"{chosen.step * 1000}"),
        ("$__interval", f"{chosen.step}s"),
        ("$__rate_interval_ms", f"{chosen.rate_interval * 1000}"),
        ("$__rate_interval", _as_go_writes(chosen.rate_interval)),
    ):
        asked = asked.replace(name, value)
    return asked


def _text(variable: Mapping[str, Any], value: str | tuple[str, ...] | None) -> str:
    if value is None:
        value = variable["current"]["value"]
    values = [value] if isinstance(value, str) else list(value)
    if values == ["$__all"]:
        return str(variable["allValue"])
    if not (variable.get("multi") or variable.get("includeAll")):
        (one,) = values
        return one
    quoted = [_quoted(one) for one in values]
    return quoted[0] if len(quoted) == 1 else f"({'|'.join(quoted)})"


def _quoted(value: str) -> str:
    """A value that a regular expression within a string of PromQL matches alone."""
    return _SPECIAL.sub(r"\\\\\g<0>", value.replace("\\", r"\\\\"))


def _as_go_writes(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds // 60 % 60
    parts = [f"{hours}h"] if hours else []
    parts += [f"{minutes}m"] if hours or minutes else []
    return "".join([*parts, f"{seconds % 60}s"])


def alike(expr: str) -> str:
    """An expression in one form: durations and factors in seconds, no matcher that takes all."""
    expr = re.sub(r',?(model|routing)=~"\.\*"', "", expr)
    expr = expr.replace("{,", "{").replace("{}", "")
    expr = re.sub(r"(?<![\w.\"])" + _DURATION.pattern + r"(?![\w.\"])", _in_seconds, expr)
    expr = re.sub(r"\((\d+) \+ (\d+) / 1000\)", lambda m: f"{int(m[1]) + int(m[2]) / 1000:g}", expr)
    return re.sub(r"\((\d+) / 1000\)", lambda m: f"{int(m[1]) / 1000:g}", expr)


def _in_seconds(match: re.Match[str]) -> str:
    parts = re.findall(r"(\d+)(ms|[smhdw])", match[0])
    return f"{math.fsum(int(count) * _SECONDS[unit] for count, unit in parts):g}s"
