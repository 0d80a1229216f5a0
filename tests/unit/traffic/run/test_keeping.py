"""A run without end keeps a bounded number of records, and counts all that it has seen."""

from dataclasses import replace
from typing import Any

import pytest

from tests.runs import STARTED, cancelled, many, plan_for, refused, whole
from tests.unit.traffic.request.test_protocol import question
from traffic.bank.questions import Category
from traffic.plan.plan import Endless, Plan
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.summary import Summary, summarise
from traffic.run.keeping import LIMITS, Keeper, Limits, keeper_of

ENDLESS = Plan(
    "continuous", 1, (), endless=Endless("", lambda: iter([question()])), models=("m:1b",)
)
MIXED: list[Attempt] = [
    replace(whole(0), is_warm_up=True),
    *many(40),
    *(refused(n, at=n / 2, detail=f"busy {n}") for n in range(5)),
    *(cancelled(n, at=n / 2) for n in range(3)),
    *(replace(whole(n, at=30.0 + n), is_valid=n % 2 == 0, turn=1) for n in range(12)),
]
DROPS = [Drop(Category.CODE, "m:1b", float(n), 2) for n in range(9)]


def kept(limits: Limits | None) -> Keeper:
    keeper = Keeper(limits, lambda attempt: (attempt.ttft_seconds or 0.0) < 0.25)
    for attempt in MIXED:
        keeper.keep(attempt)
    for drop in DROPS:
        keeper.keep_drop(drop)
    return keeper


def summary_of(keeper: Keeper) -> Summary:
    return summarise(
        ENDLESS,
        keeper.attempts,
        60.0,
        keeper.drops,
        lambda attempt: (attempt.ttft_seconds or 0.0) < 0.25,
        keeper.past,
    )


def counts(summary: Summary) -> Summary:
    """A summary without what is of the kept requests alone."""
    groups: dict[str, Any] = {
        name: {one: replace(it, spreads={}) for one, it in getattr(summary, name).items()}
        for name in ("ways", "categories", "models", "loads", "turns")
    }
    return replace(summary, spreads={}, kept=None, **groups)


@pytest.mark.parametrize("limits", [Limits(10, 10**9), Limits(10**9, 100), Limits(1, 1)])
def test_counts_are_exact_however_little_is_kept(limits: Limits) -> None:
    whole_summary, summary = summary_of(kept(None)), summary_of(kept(limits))
    assert counts(summary) == counts(whole_summary)
    assert whole_summary.kept is None
    assert summary.kept is not None
    assert summary.errors[0].detail == "busy 0"


def test_percentiles_are_of_the_last_requests() -> None:
    summary = summary_of(kept(Limits(10, 10**9)))
    assert summary.kept is not None
    assert summary.kept.requests == 10
    assert summary.kept.since_seconds == pytest.approx(32.0)
    expected = summarise(ENDLESS, MIXED[-10:], 60.0)
    assert summary.spreads == expected.spreads


def test_what_is_kept_stays_below_its_limits_however_long_a_run_is() -> None:
    limits = Limits(requests=50, gaps=300)
    keeper = Keeper(limits)
    for number in range(2000):
        keeper.keep(whole(number, at=number, gaps=(0.1,) * (number % 40)))
        keeper.keep_drop(Drop(Category.CODE, "m:1b", float(number), 1))
        assert len(keeper.attempts) <= limits.requests
        assert sum(len(one.gaps_seconds) for one in keeper.attempts) <= limits.gaps
        assert len(keeper.drops) <= limits.requests
    assert keeper.attempts[-1].index == 1999
    assert keeper.past is not None
    assert keeper.past.measured + len(keeper.attempts) == 2000
    assert keeper.past.all.dropped + len(keeper.drops) == 2000


def test_an_answer_longer_than_all_that_may_be_kept_is_counted_all_the_same() -> None:
    keeper = Keeper(Limits(requests=5, gaps=3))
    keeper.keep(whole(gaps=(0.1,) * 4))
    assert list(keeper.attempts) == []
    summary = summarise(ENDLESS, keeper.attempts, 2.0, past=keeper.past)
    assert (summary.ok, summary.spreads) == (1, {})
    assert summary.kept is not None
    assert summary.kept.requests == 0


def test_only_a_plan_without_an_end_has_limits() -> None:
    assert keeper_of(ENDLESS).limits == LIMITS
    assert LIMITS.requests == 100_000
    assert keeper_of(plan_for(many(3))).limits is None


def test_without_limits_nothing_is_let_go() -> None:
    keeper = kept(None)
    assert list(keeper.attempts) == MIXED
    assert list(keeper.drops) == DROPS
    assert keeper.past is None
    assert MIXED[1].scheduled == STARTED
