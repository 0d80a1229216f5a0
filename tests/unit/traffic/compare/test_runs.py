"""A change is called worse when it is, and not when chance may have made it."""

import time
from dataclasses import replace

import msgspec
import pytest

from tests.runs import many, refused, result, whole
from traffic.compare.runs import (
    Change,
    NotComparableError,
    Row,
    RunComparison,
    compare_runs,
    parse_tolerance,
)
from traffic.request.attempt import Attempt


def row(found: RunComparison, label: str, statistic: str) -> Row:
    return next(one for one in found.rows if (one.label, one.statistic) == (label, statistic))


def slower(attempts: list[Attempt], factor: float) -> list[Attempt]:
    """The same answers, each with its own time to first token so many times as long."""
    return [
        whole(one.index, one.index / 2, (one.ttft_seconds or 0) * factor, one.gaps_seconds)
        for one in attempts
    ]


def test_a_run_against_itself_shows_no_difference() -> None:
    run = result(many(50))
    found = compare_runs(run, run)
    assert {one.change for one in found.rows} == {Change.NO_DIFFERENCE}
    assert {one.difference for one in found.rows} == {0.0}
    assert found.exit_code == 0


def test_pairs_show_what_separate_runs_would_not() -> None:
    base = many(60)
    found = compare_runs(result(base), result(slower(base, 1.1)), tolerance=0.05)
    assert found.pairs == 60
    ttft = row(found, "TTFT", "p50")
    assert ttft.relative == pytest.approx(0.1, abs=0.001)
    assert ttft.relative_interval is not None
    assert ttft.relative_interval.low == pytest.approx(0.1, abs=0.001)
    assert ttft.change is Change.WORSE
    assert found.exit_code == 1
    apart = compare_runs(result(base), result(slower(base, 1.1), seed=2), tolerance=0.05)
    assert apart.pairs is None
    assert row(apart, "TTFT", "p50").change is Change.NO_DIFFERENCE
    assert row(apart, "TTFT", "p50").relative == pytest.approx(ttft.relative)


def test_within_the_tolerance_nothing_is_worse() -> None:
    base = many(60)
    found = compare_runs(result(base), result(slower(base, 1.1)), tolerance=0.15)
    assert found.exit_code == 0


def test_faster_is_better_and_no_failure() -> None:
    base = many(60)
    found = compare_runs(result(base), result(slower(base, 0.5)))
    assert row(found, "TTFT", "p95").change is Change.BETTER
    assert row(found, "TTFT", "p95").difference < 0
    assert found.exit_code == 0


def test_more_tokens_a_second_are_better() -> None:
    found = compare_runs(result(many(60)), result(many(60, seed=1, slowness=0.5)))
    assert row(found, "Tokens/s, here", "p50").change is Change.BETTER
    worse = compare_runs(result(many(60, seed=1, slowness=0.5)), result(many(60)))
    assert row(worse, "Tokens/s, server", "p5").change is Change.WORSE


def test_errors_are_judged_by_points_without_a_tolerance() -> None:
    base = many(100)
    few = [*base[:99], refused(99)]
    several = [*base[:90], *(refused(index) for index in range(90, 100))]
    found = row(compare_runs(result(base), result(few)), "Errors", "ratio")
    assert (found.base, found.new, found.change) == (0.0, 0.01, Change.NO_DIFFERENCE)
    assert found.relative is None
    found = row(compare_runs(result(base), result(several), 0.5), "Errors", "ratio")
    assert (found.new, found.change) == (0.1, Change.WORSE)


def test_two_samples_of_one_server_are_seldom_called_worse() -> None:
    alarms = 0
    for number in range(20):
        base, new = result(many(40, seed=2 * number)), result(many(40, 2 * number + 1), seed=2)
        found = compare_runs(base, new, tolerance=0.0, resamples=300)
        alarms += row(found, "TTFT", "p50").change is not Change.NO_DIFFERENCE
    assert alarms <= 4


def test_the_same_seed_gives_the_same_intervals() -> None:
    base, new = result(many(30)), result(many(30, seed=2))
    first, again, other = (
        compare_runs(base, new, seed=seed, resamples=200).rows for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_the_turns_of_a_conversation_are_drawn_together() -> None:
    turns = [
        replace(whole(index, ttft=0.1 * (index + 1)), turn=turn)
        for index in range(25)
        for turn in range(3)
    ]
    assert compare_runs(result(turns), result(turns)).pairs == 25


def test_questions_that_only_one_run_asked_are_in_no_pair() -> None:
    run = result(many(30))
    cut_short = msgspec.structs.replace(run, records=run.records[:20])
    assert compare_runs(run, cut_short).pairs == 20
    late = msgspec.structs.replace(run, records=run.records[20:])
    with pytest.raises(NotComparableError, match="no question that both asked"):
        compare_runs(cut_short, late)


def test_a_measure_that_one_run_lacks_is_left_out() -> None:
    base = many(30)
    uncounted = [replace(one, usage=None) for one in base]
    found = compare_runs(result(base), result(uncounted))
    assert {one.label for one in found.rows} == {"TTFT", "End to end", "Largest gap", "Errors"}


def test_warm_up_is_compared_by_nothing() -> None:
    base = many(30)
    warmed = [*base, replace(whole(90, ttft=99.0), is_warm_up=True)]
    assert row(compare_runs(result(warmed), result(base)), "TTFT", "p95").difference == 0.0


def test_runs_without_answers_cannot_be_compared() -> None:
    with pytest.raises(NotComparableError, match="the second run has no whole answer"):
        compare_runs(result(many(5)), result([refused(0)]))


def test_a_thousand_requests_take_seconds_and_not_minutes() -> None:
    base, new = result(many(1000)), result(many(1000, seed=2))
    begin = time.process_time()
    compare_runs(base, new)
    assert time.process_time() - begin < 4.0


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), ("0.05", 0.05), (" 0 ", 0), ("12.5 %", 0.125)]
)
def test_a_tolerance_is_a_share_or_percent(text: str, share: float) -> None:
    assert parse_tolerance(text) == share


@pytest.mark.parametrize("text", ["", "five", "-1%", "100%", "5", "nan", "%"])
def test_any_other_tolerance_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a tolerance like 5% or 0\.05, found"):
        parse_tolerance(text)
