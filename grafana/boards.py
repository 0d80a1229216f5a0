"""The boards whole: rows, panels and their places, variables, marks, links. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as grafana

from dashboard.panels import PANELS
from dashboard.panels.model import Kind, Panel
from grafana.charts import DATASOURCE, chart
from grafana.expressions import filled, legend, objectives_in
from grafana.layout import Board, Row
from grafana.variables import variables

TAG = "ollama-observe"
WIDTH = 24
"""Columns of Grafana's grid."""

_HEIGHTS = {Kind.TILE: 4}
_HEIGHT = 8
_BY_ID = {panel.id: panel for panel in PANELS}
_MARKS = tuple(panel for panel in PANELS if panel.kind is Kind.MARKS)
_COLORS = {"mark-alerts": "red", "mark-loads": "blue", "mark-traffic": "purple"}
_TEXTS = {"mark-alerts": "{severity}; what to do is in the runbook's section {alertname}"}


def rendered(board: Board) -> str:
    """The board as the JSON that Grafana reads."""
    document = json.loads(json.dumps(_dashboard(board), cls=JSONEncoder))
    for mark in document["annotations"]["list"]:
        mark |= _words(mark["name"])
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _dashboard(board: Board) -> grafana.Dashboard:
    asked = [query.expr for panel in _panels_of(board) for query in _queries(panel, board)]
    return grafana.Dashboard(
        uid=board.uid,
        title=board.title,
        description=board.description,
        tags=[TAG],
        editable=True,
        graph_tooltip=grafana.DashboardCursorSync.CROSSHAIR,
        time=grafana.DashboardDashboardTime(from_val="now-1h", to="now"),
        refresh="30s",
        panels=list(_placed(board)),
        templating=grafana.DashboardDashboardTemplating(
            list_val=variables(name for expr in asked for name in objectives_in(expr))
        ),
        annotations=grafana.AnnotationContainer(list_val=[_mark(panel) for panel in _MARKS]),
        links=_links(),
    )


def _panels_of(board: Board) -> list[Panel]:
    return [_BY_ID[name] for row in board.rows for name in row.panels]


def _queries(panel: Panel, board: Board) -> list[Any]:
    return [panel.queries[n] for n in panel.asked(board.by_model)]


def _placed(board: Board) -> Iterator[grafana.Panel | grafana.RowPanel]:
    """Rows and panels from top to bottom; those of a row that is not open lie in it."""
    number, top = 0, 0
    for row in board.rows:
        number += 1
        heading = grafana.RowPanel(
            title=row.title,
            collapsed=not row.is_open,
            id_val=number,
            grid_pos=grafana.GridPos(h=1, w=WIDTH, x=0, y=top),
        )
        charts = [
            chart(_BY_ID[name], board.by_model, number + n, place)
            for n, (name, place) in enumerate(_places(row, top + 1), 1)
        ]
        number += len(charts)
        if row.is_open:
            yield heading
            yield from charts
            top = max(one.grid_pos.y + one.grid_pos.h for one in charts if one.grid_pos)
        else:
            heading.panels = charts
            yield heading
            top += 1


def _places(row: Row, top: int) -> Iterator[tuple[str, grafana.GridPos]]:
    """Each panel's place; a Gantt, and one that stands alone at the end, takes the whole width."""
    column = 0
    for n, name in enumerate(row.panels):
        kind = _BY_ID[name].kind
        is_alone = column == 0 and (kind is Kind.GANTT or n == len(row.panels) - 1)
        left, right = (WIDTH * edge // row.across for edge in (column, column + 1))
        height = _HEIGHTS.get(kind, _HEIGHT)
        width = WIDTH if is_alone else right - left
        yield name, grafana.GridPos(h=height, w=width, x=left, y=top)
        column = 0 if is_alone else (column + 1) % row.across
        top += 0 if column else height


def _mark(panel: Panel) -> grafana.AnnotationQuery:
    (query,) = panel.queries
    return grafana.AnnotationQuery(
        name=panel.title,
        datasource=DATASOURCE,
        enable=True,
        icon_color=_COLORS[panel.id],
        expr=filled(query.expr),
    )


def _words(title: str) -> dict[str, str]:
    """What a mark says. Not among the types that the library has of this schema."""
    (panel,) = (panel for panel in _MARKS if panel.title == title)
    (query,) = panel.queries
    about = f": {query.name}" if "{" in query.name else ""
    return {
        "titleFormat": legend(panel.title + about),
        "textFormat": legend(_TEXTS.get(panel.id, panel.help)),
        "tagKeys": "severity" if panel.id == "mark-alerts" else "",
    }


def _links() -> list[grafana.DashboardLink]:
    return [
        grafana.DashboardLink(
            type_val=grafana.DashboardLinkType.DASHBOARDS,
            title="Ollama Observe",
            tags=[TAG],
            include_vars=True,
            keep_time=True,
        ),
        _link("Live page", "dashboard", "${observe}", "requests in flight, and what fires"),
        _link("Runbook", "doc", "${observe}/runbook", "what to do about an alert"),
    ]


def _link(title: str, icon: str, url: str, tooltip: str) -> grafana.DashboardLink:
    return grafana.DashboardLink(
        title=title, icon=icon, url=url, tooltip=tooltip, target_blank=True
    )
