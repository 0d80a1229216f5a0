"""The figures of a run say what they leave out, and of which requests they are."""

from dataclasses import replace

import pytest

from ollama_observe.wire.usage import Usage
from tests.runs import STARTED, cancelled, figures_of, hit, missed, plan_for, refused, whole
from tests.unit.traffic.request.test_protocol import question
from traffic.bank.questions import Category
from traffic.plan.plan import Endless, Plan
from traffic.request.attempt import Attempt, Failure
from traffic.request.routes import Way
from traffic.results.drops import Drop
from traffic.results.summary import ErrorGroup, summarise

PLAN = Plan("quick", 1, (question(turns=("a", "b")), question(), question(), question()))


def ok(ttft: float, tokens: int = 11) -> Attempt:
    usage = Usage(prompt_tokens=5, generated_tokens=tokens, decode_seconds=1.0)
    return Attempt(
        "cod-0001",
        Category.CODE,
        0,
        scheduled=0.0,
        sent=0.0,
        first_content=ttft,
        last_content=ttft + 2.0,
        end=ttft + 3.0,
        usage=usage,
    )


def failed(failure: Failure, detail: str, status: int | None = None) -> Attempt:
    return Attempt(
        "cod-0001",
        Category.CODE,
        0,
        scheduled=0.0,
        sent=0.0,
        end=99.0,
        failure=failure,
        detail=detail,
        status=status,
    )


def direct(attempt: Attempt) -> Attempt:
    attempt.route, attempt.status = "direct", attempt.status or 200
    return attempt


def asked_for_portkey(attempt: Attempt) -> Attempt:
    attempt.route, attempt.status = "portkey", attempt.status or 200
    return attempt


def through_portkey(attempt: Attempt) -> Attempt:
    attempt.has_portkey_sign = True
    return asked_for_portkey(attempt)


def test_failures_are_counted_by_kind_with_what_the_first_said() -> None:
    attempts = [
        ok(0.2),
        failed(Failure.HTTP_STATUS, "first", 503),
        failed(Failure.HTTP_STATUS, "second", 503),
        failed(Failure.BROKE_OFF, "reset"),
    ]
    summary = summarise(PLAN, attempts, 12.5)
    assert (summary.ok, summary.failed, summary.unasked) == (1, 3, 1)
    assert summary.errors == (
        ErrorGroup("http_503", 2, "first"),
        ErrorGroup("broke_off", 1, "reset"),
    )
    assert summary.spreads["ttft_seconds"].p50 == 0.2
    assert summary.spreads["end_to_end_seconds"].p50 == 3.2
    assert summary.duration_seconds == 12.5


def test_a_run_without_an_answer_has_no_figures() -> None:
    summary = summarise(PLAN, [], 0.0)
    assert summary.unasked == summary.planned_requests == 5
    assert summary.spreads == {}
    assert summary.errors == ()
    assert summary.requests_per_second is None


def test_what_warmed_up_is_counted_apart_and_its_time_is_not_the_runs() -> None:
    warm_up = replace(whole(at=-30.0), is_warm_up=True)
    attempts = [
        warm_up,
        whole(at=0.0, ttft=0.5, gaps=(0.1,)),
        whole(at=1.0, ttft=1.35, gaps=(0.1,)),
    ]
    summary = summarise(plan_for(attempts), attempts, 40.0)
    assert (summary.ok, summary.warm_up, summary.unasked) == (2, 1, 0)
    assert summary.measured_seconds == pytest.approx(2.5)
    assert summary.requests_per_second == pytest.approx(0.8)
    assert summary.generated_tokens_per_second == pytest.approx(1.6)


def test_what_was_dropped_is_not_unasked() -> None:
    drops = [Drop(Category.CODE, "m:1b", 1.0, 3)]
    summary = summarise(PLAN, [ok(0.1)], 1.0, drops)
    assert (summary.dropped, summary.unasked) == (3, 1)
    assert summary.categories[Category.CODE].dropped == 3
    assert summary.models["m:1b"].dropped == 3


def test_a_dropped_question_without_a_model_counts_for_the_only_one() -> None:
    plan = replace(PLAN, models=("m:1b",))
    summary = summarise(plan, [], 1.0, [Drop(Category.CODE, "", 1.0, 1)])
    assert summary.models["m:1b"].dropped == 1


def test_a_plan_without_an_end_leaves_nothing_unasked() -> None:
    plan = replace(PLAN, questions=(), endless=Endless("", lambda: iter([question()])))
    summary = summarise(plan, [ok(0.1)], 1.0)
    assert (summary.planned_requests, summary.unasked) == (None, None)
    assert not summary.is_scheduled


def test_goodput_counts_failed_and_dropped_as_not_good_and_cancelled_as_nothing() -> None:
    attempts = [whole(ttft=0.1), whole(ttft=9.0), refused(), cancelled()]
    drops = [Drop(Category.CODE, "m:1b", 1.0, 1)]
    summary = summarise(
        plan_for(attempts), attempts, 1.0, drops, lambda one: (one.ttft_seconds or 9.9) < 1.0
    )
    assert summary.goodput is not None
    assert (summary.goodput.good, summary.goodput.of, summary.goodput.ratio) == (1, 4, 0.25)
    assert summary.goodput.per_second == pytest.approx(1 / summary.measured_seconds)


def test_goodput_of_nothing_is_no_ratio() -> None:
    summary = summarise(PLAN, [], 1.0, (), lambda _: True)
    assert summary.goodput is not None
    assert summary.goodput.ratio is None


def test_categories_and_models_have_figures_of_their_own() -> None:
    attempts = [whole(0), whole(1), replace(whole(0), model="n:2b")]
    summary = summarise(plan_for(attempts), attempts, 1.0)
    assert {name: one.ok for name, one in summary.categories.items()} == {
        Category.FACTUAL_SHORT: 2,
        Category.EXPLAIN_MEDIUM: 1,
    }
    assert {name: one.ok for name, one in summary.models.items()} == {"m:1b": 2, "n:2b": 1}


def test_cold_and_later_ones_stand_apart_where_there_are_any() -> None:
    attempts = [whole(), replace(whole(ttft=5.0), is_cold=True), replace(whole(), turn=1)]
    summary = summarise(plan_for(attempts), attempts, 1.0)
    assert {name: one.ok for name, one in summary.loads.items()} == {"cold": 1, "warm": 2}
    assert summary.loads["cold"].spreads["ttft_seconds"].maximum == 5.0
    assert {name: one.ok for name, one in summary.turns.items()} == {"first": 2, "later": 1}
    alone = summarise(plan_for(attempts), attempts[:1], 1.0)
    assert (alone.loads, alone.turns) == ({}, {})


def test_each_way_has_figures_of_its_own_in_a_fixed_order() -> None:
    broken = through_portkey(failed(Failure.HTTP_STATUS, "Portkey: no", 500))
    attempts = [through_portkey(ok(0.5)), direct(ok(0.25)), broken, direct(ok(0.75))]
    ways = summarise(PLAN, attempts, 1.0).ways
    assert list(ways) == [Way.DIRECT, Way.PORTKEY]
    assert (ways[Way.DIRECT].ok, ways[Way.DIRECT].failed) == (2, 0)
    assert (ways[Way.PORTKEY].ok, ways[Way.PORTKEY].failed) == (1, 1)
    assert ways[Way.DIRECT].spreads["ttft_seconds"].p95 == 0.725
    assert ways[Way.PORTKEY].spreads["ttft_seconds"].count == 1


def test_what_asked_for_portkey_and_went_direct_is_counted_as_neither() -> None:
    attempts = [through_portkey(ok(0.1)), asked_for_portkey(ok(0.2)), direct(ok(0.3))]
    ways = summarise(PLAN, attempts, 1.0).ways
    assert {way: taken.ok for way, taken in ways.items()} == {
        Way.DIRECT: 1,
        Way.PORTKEY: 1,
        Way.WENT_DIRECT: 1,
    }


def test_the_figures_of_one_way_alone_are_those_of_the_run() -> None:
    attempts = [ok(0.1), failed(Failure.TIMEOUT, "late")]
    for attempt in attempts:
        direct(attempt)
    summary = summarise(PLAN, attempts, 1.0)
    assert summary.ways == {Way.DIRECT: figures_of(attempts)}
    assert (summary.ok, summary.failed) == (1, 1)


def test_a_schedule_is_known_by_its_instants() -> None:
    attempts = [whole(at=STARTED)]
    assert summarise(plan_for(attempts), attempts, 1.0).is_scheduled
    assert not summarise(plan_for(attempts, is_scheduled=False), attempts, 1.0).is_scheduled


def test_measures_are_shown_where_there_are_values_and_a_schedule_to_be_late_for() -> None:
    def shown(attempts: list[Attempt], *, is_scheduled: bool) -> set[str]:
        plan = plan_for(attempts, is_scheduled=is_scheduled)
        return {measure.name for measure in summarise(plan, attempts, 1.0).shown_measures}

    assert "delay_seconds" in shown([whole()], is_scheduled=True)
    assert "delay_seconds" not in shown([whole()], is_scheduled=False)
    assert shown([refused()], is_scheduled=True) == {"ttft_seconds", "end_to_end_seconds"}


def test_hits_have_figures_of_their_own() -> None:
    attempts = [hit(0), hit(1), missed(2)]
    summary = summarise(plan_for(attempts), attempts, 2.0)
    assert summary.spreads["ttft_seconds"].p50 == pytest.approx(0.25)
    assert summary.hit_spreads["ttft_seconds"].p50 == pytest.approx(0.001)
    assert summary.ways[Way.CACHE].spreads["ttft_seconds"].count == 2
    assert summary.ways[Way.DIRECT].spreads["ttft_seconds"].count == 1
    labels = [label for label, _, _ in summary.shown_of_hits]
    assert labels == ["TTFT, from sent, of hits", "End to end, from sent, of hits"]


def test_without_hits_there_is_nothing_to_show_of_them() -> None:
    assert summarise(plan_for([missed()]), [missed()], 2.0).shown_of_hits == []
