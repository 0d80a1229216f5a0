"""The figures of a run are exact, and say what they leave out."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.usage import Usage
from tests.unit.traffic.test_protocol import question
from traffic.attempt import Attempt, Failure
from traffic.plan import Plan
from traffic.questions import Category
from traffic.report import ErrorGroup, Spread, figures, percentile, spread, summarise
from traffic.routes import Way

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


def test_percentiles_lie_on_the_line_between_neighbours() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert percentile([float(n) for n in range(101)], 0.95) == 95.0
    assert percentile([7.0], 0.95) == 7.0
    assert percentile([1.0, 2.0], 1.0) == 2.0


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)


@given(st.lists(st.floats(0, 1e6), min_size=2))
def test_percentiles_agree_with_the_standard_library(values: list[float]) -> None:
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    assert percentile(values, 0.5) == pytest.approx(cuts[9])
    assert percentile(values, 0.95) == pytest.approx(cuts[18])


def test_a_spread_counts_the_values_that_are_there() -> None:
    assert spread([None, 1.0, 3.0]) == Spread(2, 2.0, 2.9, 3.0)
    assert spread([None]) is None


def test_failures_are_counted_by_kind_and_kept_out_of_the_latencies() -> None:
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
    assert summary.ttft_seconds == Spread(1, 0.2, 0.2, 0.2)
    assert summary.end_to_end_seconds == Spread(1, 3.2, 3.2, 3.2)
    assert summary.duration_seconds == 12.5


def test_tokens_add_up_and_both_rates_are_kept_apart() -> None:
    summary = summarise(PLAN, [ok(0.1), ok(0.3)], 1.0)
    assert (summary.prompt_tokens, summary.generated_tokens) == (10, 22)
    assert summary.reported_tokens_per_second == Spread(2, 10.0, 10.0, 10.0)
    assert summary.seen_tokens_per_second is not None
    assert summary.seen_tokens_per_second.p50 == pytest.approx(5.0)


def test_a_run_without_an_answer_has_no_figures() -> None:
    summary = summarise(PLAN, [], 0.0)
    assert summary.unasked == summary.planned_requests == 5
    assert summary.ttft_seconds is None
    assert summary.errors == ()


def test_each_way_has_figures_of_its_own_in_a_fixed_order() -> None:
    broken = through_portkey(failed(Failure.HTTP_STATUS, "Portkey: no", 500))
    attempts = [through_portkey(ok(0.5)), direct(ok(0.25)), broken, direct(ok(0.75))]
    ways = summarise(PLAN, attempts, 1.0).ways
    assert list(ways) == [Way.DIRECT, Way.PORTKEY]
    assert (ways[Way.DIRECT].ok, ways[Way.DIRECT].failed) == (2, 0)
    assert (ways[Way.PORTKEY].ok, ways[Way.PORTKEY].failed) == (1, 1)
    assert ways[Way.DIRECT].ttft_seconds == Spread(2, 0.5, 0.725, 0.75)
    assert ways[Way.PORTKEY].ttft_seconds == Spread(1, 0.5, 0.5, 0.5)


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
    assert summary.ways == {Way.DIRECT: figures(attempts)}
    assert (summary.ok, summary.failed) == (1, 1)
