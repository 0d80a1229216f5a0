"""Every panel has values where there is something to show, and none where there is nothing."""

import json
import math
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.panels.model import Kind, Role
from dashboard.views import Routing, View
from stack.waiting import wait_until
from tests.histories import (
    BORN,
    BORN_SECONDS,
    MODELS,
    SCRAPE_SECONDS,
    History,
    prometheus_with_history,
)
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
    """The series of a range query."""
    words = {"query": one.expr, "start": start, "end": end, "step": STEP_SECONDS}
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
