"""Every panel has values where there is something to show, and none where there is nothing.

And Grafana's boards show the same, number for number, whatever is chosen above them. And
what stands for an old name of llama-metrics has values.
"""

import json
import math
import re
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.panels.model import Kind, Role
from dashboard.views import Routing, View
from grafana.layout import BOARDS
from stack.waiting import wait_until
from tests.grafana import Chosen, document, interpolated, marks, shown
from tests.histories import (
    BORN,
    BORN_SECONDS,
    MODELS,
    SCRAPE_SECONDS,
    History,
    prometheus_with_history,
)
from tests.migrations import expressions, recorded
from tests.panels import BY_MODEL, TOTAL, Asked, asked

STEP_SECONDS = 15
WITHIN_SECONDS = 60.0
ALWAYS = {Role.THRESHOLD}
"""Roles that may be there without any data."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with prometheus_with_history(tmp_path_factory.mktemp("history")) as history:
        yield history


def in_range(history: History, one: Asked, start: int, end: int) -> list[dict[str, Any]]:
    """The series of a panel's query."""
    return series_of(history, one.expr, start, end)


def series_of(
    history: History, expr: str, start: int, end: int, step: int = STEP_SECONDS
) -> list[dict[str, Any]]:
    """The series of a range query."""
    words = {"query": expr, "start": start, "end": end, "step": step}
    found = history.api.ask(f"query_range?{urllib.parse.urlencode(words)}")
    return list(found["result"])


def values(series: dict[str, Any]) -> list[float]:
    return [number for _, text in series["values"] if math.isfinite(number := float(text))]


def queries(view: View) -> list[Asked]:
    return list(asked(view, STEP_SECONDS, SCRAPE_SECONDS))


def without_values(history: History, view: View) -> list[str]:
    """The queries of a view that give no value. What is recorded begins with Prometheus.

    What took no way at all is not there where one way is asked for.
    """
    end, has_all_ways = history.end + 60, view.routing is Routing.BOTH
    return [
        one.name
        for one in queries(view)
        if (has_all_ways or 'routing="cache"' not in one.query.expr)
        and not any(map(values, in_range(history, one, history.end - 600, end)))
    ]


@pytest.mark.parametrize(
    "view",
    [
        TOTAL,
        BY_MODEL,
        View(models=MODELS[:1], by_model=True),
        View(models=MODELS, routing=Routing.PORTKEY),
    ],
    ids=lambda view: view.key,
)
def test_every_query_of_every_panel_has_values(history: History, view: View) -> None:
    missing: list[str] = []

    def is_whole() -> bool:
        missing[:] = without_values(history, view)
        return not missing

    assert wait_until(is_whole, WITHIN_SECONDS, 0.5), missing


@pytest.mark.parametrize("view", [TOTAL, BY_MODEL], ids=lambda view: view.key)
def test_where_nothing_was_measured_a_panel_has_a_gap_and_no_zero(
    history: History, view: View
) -> None:
    before = history.start - 40 * 3600
    for one in queries(view):
        if one.query.role not in ALWAYS:
            assert in_range(history, one, before, before + 600) == [], one.name


def test_a_filter_leaves_what_it_names(history: History) -> None:
    (model, other), end = MODELS, history.end
    for one in queries(View(models=(model,), by_model=True)):
        for series in in_range(history, one, end - 300, end + 60):
            assert series["metric"].get("model") != other, one.name


def test_shares_of_the_time_add_up_to_a_whole(history: History) -> None:
    sums: dict[int, float] = {}
    for one in queries(TOTAL):
        if one.panel.id == "time-accounting":
            (series,) = in_range(history, one, history.end - 300, history.end)
            for at, text in series["values"]:
                sums[at] = sums.get(at, 0.0) + float(text)
    assert len(sums) > 10
    assert all(total == pytest.approx(1.0) for total in sums.values()), sums


def test_a_heat_maps_columns_are_cumulative(history: History) -> None:
    for one in queries(TOTAL):
        if one.panel.kind is Kind.HEAT:
            found = in_range(history, one, history.end - 300, history.end)
            by_edge = sorted(found, key=lambda series: float(series["metric"]["le"]))
            lasts = [values(series)[-1] for series in by_edge]
            assert by_edge[-1]["metric"]["le"] == "+Inf" and len(lasts) > 10
            assert lasts == sorted(lasts) and lasts[-1] > 0


def test_what_a_counter_began_with_is_counted(history: History) -> None:
    _, phase, began_with = BORN
    (one,) = (one for one in queries(View(models=("born:1b",))) if one.panel.id == "aborts")
    (series,) = in_range(history, one, history.end - 600, history.end)
    assert series["metric"] == {"phase": phase}
    assert set(values(series)) == {began_with}
    assert history.end - BORN_SECONDS < series["values"][0][0]


def test_an_alert_that_fires_is_a_mark(history: History) -> None:
    (one,) = (one for one in queries(TOTAL) if one.panel.id == "mark-alerts")
    found = in_range(history, one, history.end, history.end + 60)
    assert {"alertname": "QueueFull", "severity": "critical"} in [
        series["metric"] for series in found
    ], json.dumps(found)


SMOOTHED_SECONDS = 285
"""With a step it is what our own page smooths over."""


@pytest.mark.parametrize(
    ("routing", "models"),
    [(Routing.BOTH, ()), (Routing.PORTKEY, MODELS)],
    ids=["all", "some"],
)
def test_grafana_shows_what_our_panels_show(
    history: History, routing: Routing, models: tuple[str, ...]
) -> None:
    chosen = {"smooth": f"{SMOOTHED_SECONDS}", "routing": routing or "$__all"}
    above = Chosen(STEP_SECONDS, SCRAPE_SECONDS, {**chosen, "model": models or "$__all"})
    ours = {
        (one.panel.id, one.query): one.expr
        for by_model in (False, True)
        for one in queries(View(models=models, routing=routing, by_model=by_model))
    }
    # what rules record begins with Prometheus; the present is not over yet
    assert wait_until(lambda: not without_values(history, TOTAL), WITHIN_SECONDS, 0.5)
    start, end = history.end - 30, math.floor(datetime.now(UTC).timestamp()) - 3
    few = start, end, (end - start) // 3
    boards = {board.file: document(board) for board in BOARDS}
    compared = 0
    for one in shown():
        asked_for = interpolated(one.target["expr"], boards[one.board.file], above)
        expected = ours[one.panel.id, one.query]
        expr = f"1000 * ({expected})" if one.query.role is Role.EXPIRY else expected
        found = by_labels(series_of(history, asked_for, *few))
        assert are_alike(found, by_labels(series_of(history, expr, *few))), one.name
        compared += bool(found)
    # what took no way at all is not there where one way is asked for
    assert compared > 0.95 * len(shown())


Labels = tuple[tuple[str, str], ...]


def by_labels(found: list[dict[str, Any]]) -> dict[Labels, dict[float, float]]:
    """Instants and values of each series."""
    return {
        tuple(sorted(one["metric"].items())): {at: float(text) for at, text in one["values"]}
        for one in found
    }


def are_alike(
    some: dict[Labels, dict[float, float]], others: dict[Labels, dict[float, float]]
) -> bool:
    """Whether two answers say the same; sums may be added up in another order."""
    return some.keys() == others.keys() and all(
        some[labels] == pytest.approx(others[labels], rel=1e-9, nan_ok=True)
        for labels in some
        if some[labels] != others[labels]
    )


def test_grafana_marks_what_our_page_marks(history: History) -> None:
    above, end = Chosen(STEP_SECONDS, SCRAPE_SECONDS), history.end + 60
    ours = {one.panel.id: one.expr for one in queries(TOTAL) if one.panel.kind is Kind.MARKS}
    for panel, mark in marks():
        expr = interpolated(mark["expr"], document(BOARDS[0]), above)
        found = series_of(history, expr, end - 600, end)
        assert found
        assert (
            by_labels(found).keys()
            == by_labels(series_of(history, ours[panel.id], end - 600, end)).keys()
        )


def test_whatever_stands_for_an_old_name_has_values(history: History) -> None:
    every = [*expressions(), *(rule["expr"] for rule in recorded())]
    # the history has a few routes, and not all of these
    told = [re.sub(r'endpoint="[^"]+"', 'endpoint="/api/chat"', expr) for expr in every]
    missing: list[str] = []

    def is_whole() -> bool:
        end = history.end + 60
        missing[:] = [expr for expr in told if not series_of(history, expr, history.end - 60, end)]
        return not missing

    assert wait_until(is_whole, WITHIN_SECONDS, 0.5), missing
