"""A page has the charts for which there is something to show."""

from dataclasses import replace

from tests.runs import cancelled, many, result, whole
from traffic.charts import charts
from traffic.results import Result


def names(run: Result) -> list[str]:
    return [chart.name for chart in charts(run.attempts, run.drops, run.summary)]


def test_a_run_with_everything_has_all_charts() -> None:
    run = result([*many(5), cancelled(9)])
    assert names(run) == ["ttft", "curves", "gaps", "in-flight", "tokens", "failures"]


def test_a_run_without_trouble_has_no_chart_of_it() -> None:
    assert "failures" not in names(result(many(5)))


def test_a_run_that_only_warmed_up_has_none() -> None:
    assert names(result([replace(whole(), is_warm_up=True)])) == []
    assert names(result([])) == []


def test_time_begins_with_what_is_measured() -> None:
    late = [replace(whole(at=0.0), is_warm_up=True), whole(1, at=100.0), whole(2, at=101.0)]
    run = result(late)
    assert charts(run.attempts, run.drops, run.summary)[0].rows[0][0].startswith("0.0 to ")
