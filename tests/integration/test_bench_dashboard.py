"""The bench of the dashboard counts what pages had; its published table follows from samples."""

import json
from typing import Any

import pytest

from bench.dashboard import world
from bench.dashboard.__main__ import DOCUMENT, JSON, QUICK, WHOLE, run
from bench.dashboard.cases import PANELS_SHOWN, VIEWS, cases
from bench.dashboard.report import FIGURES, Results, is_within_goals, passes, rendered, table
from tests.components import need

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

PER_PAGE = "page_bytes_per_minute"
A_LITTLE = 0.04
"""Less than half of what the deaf pages would take if they did read."""
ONE_MORE_STEP = 1.6
"""A window of few points has one more, or one less, now and then."""


@pytest.fixture(scope="module")
def found() -> Results:
    need("prometheus", world.is_possible(), "install the package prometheus")
    return run(QUICK)


def test_all_cases_are_measured_side_by_side_and_told_in_one_table(found: Results) -> None:
    assert list(found["cases"]) == ["one", "many", "views", "deaf"]
    assert {name: len(samples) for name, samples in found["samples"].items()} == dict.fromkeys(
        found["cases"], QUICK.rounds
    )
    shown = table(found)
    for figure in FIGURES:
        assert shown.count(f"| {figure.title} | {figure.unit} |") == 1
        assert all(found["medians"][name][figure.name] > 0 for name in found["cases"]), figure
    assert f"{len(PANELS_SHOWN)} panels on each page" in shown
    assert found["machine"]["prometheus"].startswith(("2.", "3."))


def test_many_viewers_of_a_view_ask_prometheus_no_more_than_one_does(found: Results) -> None:
    one, many, views, deaf = (found["medians"][name] for name in found["cases"])
    for other in (many, deaf):
        assert other["queries_per_round"] < one["queries_per_round"] * ONE_MORE_STEP
    assert views["queries_per_minute"] > many["queries_per_minute"] * 1.5
    # each has the same, and all of them so many times as much
    assert many[PER_PAGE] < one[PER_PAGE] * ONE_MORE_STEP
    assert many["sent_bytes_per_minute"] > many[PER_PAGE] * QUICK.many / ONE_MORE_STEP


def test_pages_that_do_not_read_take_nothing_from_those_that_do(found: Results) -> None:
    many, deaf = (found["medians"][name] for name in ("many", "deaf"))
    assert deaf["page_frames_least"] > 0
    assert deaf["page_frames_most"] - deaf["page_frames_least"] <= 1
    assert deaf["peak_bytes"] < many["peak_bytes"] * 1.5


def test_the_whole_has_two_hundred_viewers() -> None:
    chosen = {case.name: case for case in cases(WHOLE.many, WHOLE.deaf)}
    assert (chosen["one"].pages, chosen["many"].pages) == (1, 200)
    assert (chosen["views"].views, chosen["deaf"].deaf) == (4, 20)
    keys = {chosen["views"].look(number).view.key for number in range(200)}
    assert keys == {view.key for view in VIEWS}
    assert {chosen["many"].look(number).view.key for number in range(200)} == {VIEWS[0].key}


def results(many: float) -> dict[str, Any]:
    names = [figure.name for figure in FIGURES]
    return {"medians": {"one": dict.fromkeys(names, 10.0), "many": dict.fromkeys(names, many)}}


@pytest.mark.parametrize(("many", "is_within"), [(10.0, True), (11.5, False)])
def test_the_goal_is_that_many_ask_what_one_asks(many: float, is_within: bool) -> None:
    found = results(many)
    assert is_within_goals(found) is is_within
    sent = next(figure for figure in FIGURES if figure.name == "sent_bytes_per_minute")
    assert passes(found, sent) is None


def test_the_published_figures_follow_from_the_published_samples() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = json.loads(JSON.read_text(encoding="utf-8"))
    assert found["load"]["many"] == WHOLE.many
    assert is_within_goals(found)
    # a quick run sends too little to fill what lies between
    deaf = found["medians"]["deaf"]
    assert deaf["unread_bytes_per_minute"] < deaf["sent_bytes_per_minute"] * A_LITTLE
    assert rendered(text, found) == text
    assert table(found).strip() in text
