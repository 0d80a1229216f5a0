"""A page has the charts for which there is something to show."""

from dataclasses import replace

from tests.runs import cancelled, hit, many, result, whole
from traffic.bank.questions import Category
from traffic.page.gallery import gallery
from traffic.results.drops import Drop
from traffic.results.results import Result
from traffic.results.summary import Kept


def names(run: Result) -> list[str]:
    return [chart.name for chart in gallery(run.attempts, run.drops, run.summary)]


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
    assert gallery(run.attempts, run.drops, run.summary)[0].rows[0][0].startswith("0.0 to ")


def test_where_only_the_last_requests_are_kept_what_was_dropped_has_its_place_among_them() -> None:
    attempts = [whole(n, at=100.0 + n) for n in range(10)]
    drops = [Drop(Category.CODE, "m:1b", at, 1) for at in (50.0, 101.0, 108.0)]
    run = result(attempts, drops=drops)
    summary = replace(run.summary, kept=Kept(10, since_seconds=100.0))
    failures = gallery(run.attempts, run.drops, summary)[-1]
    assert failures.text == "0 failed, 0 cancelled, 2 dropped."
    assert [row[-1] for row in failures.rows].count("1") == 2


def test_of_hits_alone_there_is_only_that_they_were_in_flight() -> None:
    assert names(result([hit(0), hit(1)])) == ["in-flight"]
    run = result([hit(0), *many(3)])
    first, *_ = gallery(run.attempts, run.drops, run.summary)
    assert first.text.startswith("Time to first token of 3 answers")
