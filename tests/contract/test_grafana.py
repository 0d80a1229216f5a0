"""Grafana's boards show our panels, each once, and are what Grafana can read."""

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as types
from grafana_foundation_sdk.models import units

from dashboard.expressions import filled
from dashboard.panels import PANELS
from dashboard.panels.model import Kind, Role, Split
from dashboard.views import View
from grafana.layout import BOARDS, Board
from stack.places import REPOSITORY
from tests.grafana import (
    FOLDER,
    VARIABLE,
    Chosen,
    Shown,
    alike,
    charts,
    document,
    interpolated,
    marks,
    shown,
)
from tests.panels import objectives
from tests.promtool import require_readable
from tests.rules import scraped

COMPOSE = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
DRAWN_AS = {
    Kind.LINES: "timeseries",
    Kind.STACKED: "timeseries",
    Kind.HEAT: "heatmap",
    Kind.GANTT: "state-timeline",
    Kind.TILE: "stat",
}
UNITS = {getattr(units, name) for name in dir(units) if isinstance(getattr(units, name), str)}
OF_GRAFANA = {"__interval", "__interval_ms", "__rate_interval", "__rate_interval_ms"}
WORDS = {"titleFormat", "textFormat", "tagKeys"}
"""What a mark says is not among the types that the library has of this schema."""

each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.file)


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grafana", *flags]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_boards_are_in_step_with_the_panels() -> None:
    done = run("--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in (FOLDER / "dashboards").iterdir()} == {b.file for b in BOARDS}


def test_a_misspelt_flag_rewrites_nothing() -> None:
    done = run("--chek")
    assert done.returncode == 2
    assert "usage: python -m grafana [-h] [--check]" in done.stderr


@pytest.mark.parametrize("by_model", [False, True], ids=["total", "by-model"])
def test_each_panel_is_there_once_in_each_view_that_it_has(by_model: bool) -> None:
    found = Counter(
        name
        for board in BOARDS
        if board.by_model is by_model
        for row in board.rows
        for name in row.panels
    )
    drawn = [panel for panel in PANELS if panel.kind is not Kind.MARKS]
    split = [p for p in drawn if any(query.split is Split.MODEL for query in p.queries)]
    assert found == Counter(panel.id for panel in (split if by_model else drawn))


def as_ours(one: Shown) -> str:
    """Our expression of a view whose windows are those of `CHOSEN`."""
    view = View(by_model=one.board.by_model)
    expr = filled(one.query.expr, view, CHOSEN.step, CHOSEN.scrape, objectives())
    # Grafana reads instants as milliseconds
    return f"1000 * ({expr})" if one.query.role is Role.EXPIRY else expr


CHOSEN = Chosen(step=15, scrape=15, values={"smooth": "285"})
"""Windows as our own page has them: 60 s, and 300 s with the step."""


@each_board
def test_an_expression_is_our_panel_s_and_there_is_no_other(board: Board) -> None:
    found = document(board)
    for one in shown():
        if one.board is board:
            asked = interpolated(one.target["expr"], found, CHOSEN)
            assert alike(asked) == alike(as_ours(one)), one.name
    assert sum(one.board is board for one in shown()) == sum(
        len(chart["targets"]) for chart in charts(found)
    )


def test_prometheus_reads_what_grafana_asks_whatever_is_chosen(tmp_path: Path) -> None:
    found = {board.file: document(board) for board in BOARDS}
    others: dict[str, str | tuple[str, ...]] = {
        "model": ("we.ird:1b'[", "b"),
        "routing": "direct",
    }
    asked = [
        interpolated(
            one.target["expr"], found[one.board.file], Chosen(step, 5, {**others, **smooth})
        )
        for one in shown()
        for step, smooth in ((5, {}), (15, {"smooth": "60"}), (7200, {"smooth": "3600"}))
    ]
    require_readable(asked, tmp_path)


def test_marks_are_those_of_our_page() -> None:
    found = list(marks())
    assert len(found) == 3 * len(BOARDS)
    for panel, mark in found:
        (query,) = panel.queries
        asked = interpolated(mark["expr"], document(BOARDS[0]), CHOSEN)
        ours = filled(query.expr, View(), CHOSEN.step, CHOSEN.scrape, objectives())
        assert alike(asked) == alike(ours)
        assert mark["name"] == panel.title and mark["enable"]
        named = set(re.findall(r"\{\{(\w+)\}\}", mark["titleFormat"] + mark["textFormat"]))
        assert named <= {"model", "alertname", "severity"}


def test_a_panel_has_the_words_the_kind_and_the_limits_of_ours() -> None:
    for one in shown():
        assert one.chart["type"] == DRAWN_AS[one.panel.kind]
        assert one.chart["title"] == one.panel.title
        assert one.chart["description"].startswith(one.panel.help)
        defaults = one.chart["fieldConfig"]["defaults"]
        is_tile = one.panel.kind is Kind.TILE
        told = one.chart["description"] if is_tile else defaults["noValue"]
        assert f"no data: {one.panel.absent}" in told
        assert defaults.get("max") == one.panel.most
        legend = re.sub(r"\{\{(\w+)\}\}", r"{\1}", one.target["legendFormat"])
        assert legend.startswith(one.query.name) and legend


def test_a_unit_is_one_that_grafana_knows() -> None:
    assert len(UNITS) > 100
    for one in shown():
        unit = one.chart["fieldConfig"]["defaults"]["unit"]
        assert unit in UNITS or unit.startswith("suffix:"), unit


@each_board
def test_a_board_is_what_grafana_s_own_types_take(board: Board) -> None:
    register_default_plugins()
    found = document(board)
    for mark in found["annotations"]["list"]:
        assert mark.keys() >= WORDS
        for name in WORDS:
            del mark[name]
    # what the types do not know is lost on the way
    again = json.loads(json.dumps(types.Dashboard.from_json(found), cls=JSONEncoder))
    assert again == found


@each_board
def test_ids_are_there_once_and_nothing_lies_on_anything(board: Board) -> None:
    panels: list[dict[str, Any]] = document(board)["panels"]
    rows = [panel for panel in panels if panel["type"] == "row"]
    assert [row["title"] for row in rows] == [row.title for row in board.rows]
    assert [row["collapsed"] for row in rows] == [not row.is_open for row in board.rows]
    ids = Counter(one["id"] for panel in panels for one in (panel, *panel.get("panels", ())))
    assert max(ids.values()) == 1 and min(ids) > 0
    for layer in (panels, *([row, *row["panels"]] for row in rows)):
        places = [one["gridPos"] for one in layer]
        assert all(at["x"] >= 0 and at["x"] + at["w"] <= 24 and at["h"] > 0 for at in places)
        assert not any(overlap(*pair) for pair in combinations(places, 2))


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    is_beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    is_below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (is_beside or is_below)


def test_boards_have_addresses_of_their_own_that_stay() -> None:
    uids = [document(board)["uid"] for board in BOARDS]
    assert uids == [
        *("ollama-observe", "ollama-observe-models"),
        *("ollama-observe-machine", "ollama-observe-ways"),
    ]
    # one that names a number of somebody's database cannot be imported
    assert all(document(board).get("id") is None for board in BOARDS)


@each_board
def test_a_board_can_be_imported_anywhere(board: Board) -> None:
    found = document(board)
    sources = {one["uid"] for one in find(found, "datasource") if isinstance(one, dict)}
    assert sources == {"${datasource}"}
    known = {one["name"] for one in found["templating"]["list"]}
    text = json.dumps(found)
    named = {match[1] or match[2] for match in VARIABLE.finditer(text)}
    # `$__all` is a value
    assert named - OF_GRAFANA - {"__all"} <= known
    assert {"datasource", "model", "routing", "smooth"} <= known
    assert "__inputs" not in found


def find(found: Any, key: str) -> list[Any]:
    """Everything under this key, however deep."""
    if isinstance(found, list):
        return [one for part in found for one in find(part, key)]
    if not isinstance(found, dict):
        return []
    here = [found[key]] if key in found else []
    return here + [one for part in found.values() for one in find(part, key)]


@each_board
def test_filters_are_those_of_our_page_and_numbers_the_stack_s(board: Board) -> None:
    known = {one["name"]: one for one in document(board)["templating"]["list"]}
    assert known["routing"]["query"] == "direct, portkey"
    for name in ("model", "routing"):
        # it also matches where there is no such label, as no matcher does
        assert known[name]["includeAll"] and known[name]["allValue"] == ".*"
    (names,) = re.findall(r'__name__=~"([^"]+)"', known["model"]["query"]["query"])
    assert all("model" in scraped()[name].labels for name in names.split("|"))
    promised = {name: one["query"] for name, one in known.items() if name.startswith("slo_")}
    assert promised.items() <= objectives().items()
    used = {name for one in shown() if one.board is board for name in slo_in(one.query.expr)}
    assert set(promised) == used


def slo_in(expr: str) -> list[str]:
    return re.findall(r"\$\{(slo_\w+)\}", expr)


def test_compose_gives_grafana_the_boards_and_what_their_source_is_told() -> None:
    service = COMPOSE["services"]["grafana"]
    mounted = dict(volume.removesuffix(":ro").split(":") for volume in service["volumes"])
    assert mounted == {
        "./grafana/provisioning": "/etc/grafana/provisioning",
        "./grafana/dashboards": "/etc/grafana/dashboards",
    }
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["options"]["path"] == mounted["./grafana/dashboards"]
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/{BOARDS[0].file}"
    (source,) = provisioned("datasources")["datasources"]
    assert source["type"] == "prometheus" and source["isDefault"]
    named = {match[1] or match[2] for match in VARIABLE.finditer(json.dumps(source))}
    assert named == {"PROMETHEUS_URL", "PROMETHEUS_SCRAPE_INTERVAL_SECONDS"}
    assert named <= service["environment"].keys()


def provisioned(what: str) -> Any:
    (path,) = (FOLDER / "provisioning" / what).iterdir()
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_a_board_leads_to_our_page_its_runbook_and_the_other_boards() -> None:
    for board in BOARDS:
        links = document(board)["links"]
        assert [link.get("url") for link in links] == [None, "${observe}", "${observe}/runbook"]
        assert links[0]["tags"] == document(board)["tags"] == ["ollama-observe"]
        known = {one["name"]: one for one in document(board)["templating"]["list"]}
        assert known["observe"]["query"] == "http://localhost:3001"
