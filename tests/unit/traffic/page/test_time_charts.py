"""Charts over time show what was measured, few requests each and many together."""

from dataclasses import replace

import pytest

from tests.runs import STARTED, cancelled, many, plan_for, refused, whole
from traffic.bank.questions import Category
from traffic.page import time_charts, timelines
from traffic.page.chart import Chart, Run
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.summary import summarise


def run_of(attempts: list[Attempt], drops: tuple[Drop, ...] = ()) -> Run:
    whole_ones = [one for one in attempts if one.is_ok]
    seconds = max(timelines.ended(one) for one in attempts) - STARTED
    summary = summarise(plan_for(attempts), attempts, seconds, drops)
    return Run(attempts, whole_ones, drops, STARTED, seconds, summary)


def present(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


def test_every_answer_is_a_dot_and_cold_ones_look_different() -> None:
    attempts = [*many(20), replace(whole(20, at=10.0, ttft=4.0), is_cold=True), refused(21)]
    chart = present(time_charts.ttft(run_of(attempts)))
    assert chart.plot.count("a2.2") == 2 * 21  # two arcs for each of 20 dots, and one in the legend
    assert "cold" in chart.plot
    assert sum(int(row[1]) for row in chart.rows) == 21
    assert chart.rows[-1][-1] == "4.00 s"
    assert "21 answers" in chart.text


def test_of_too_many_answers_the_medians_are_drawn() -> None:
    attempts = many(time_charts.MOST_DOTS + 1)
    chart = present(time_charts.ttft(run_of(attempts)))
    assert 'class="dots' not in chart.plot
    assert all(word in chart.plot for word in (">p50<", ">p95<"))
    assert len(chart.plot) < 20_000


def test_requests_in_flight_are_steps_and_their_most_is_said() -> None:
    chart = time_charts.in_flight(run_of([whole(at=0.0), whole(at=0.1), whole(at=5.0)]))
    assert chart.text == "Never more than 2 at once."
    assert chart.rows[0][1] == "2"
    crowded = time_charts.in_flight(run_of(many(2000)))
    assert len(crowded.plot) < 10_000


def test_tokens_a_second_add_up() -> None:
    attempts = many(20)
    run = run_of(attempts)
    chart = present(time_charts.tokens(run))
    width = run.seconds / len(chart.rows)
    assert sum(float(row[1]) for row in chart.rows) * width == pytest.approx(20 * 21, rel=0.01)


def test_failures_stand_on_each_other_in_their_kinds() -> None:
    attempts = [whole(0, at=0.0), refused(1, at=1.0), cancelled(2, at=1.0), whole(3, at=3.0)]
    chart = present(time_charts.failures(run_of(attempts, (Drop(Category.CODE, "", 1.0, 2),))))
    assert chart.text == "1 failed, 1 cancelled, 2 dropped."
    assert [sum(int(row[place]) for row in chart.rows) for place in (1, 2, 3)] == [1, 1, 2]
    assert all(f"bars {kind}" in chart.plot for kind in ("bad", "hollow", "b"))


def test_what_there_is_not_has_no_chart() -> None:
    assert time_charts.failures(run_of([whole()])) is None
    assert time_charts.ttft(run_of([refused()])) is None
    assert time_charts.tokens(run_of([refused()])) is None
