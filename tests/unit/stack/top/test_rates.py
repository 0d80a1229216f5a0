import math

import pytest

from stack.top.rates import Counts, Growth, edges, growth, observations, quantile, summed, together

TTFT = {0.1: 1.0, 1.0: 3.0, math.inf: 4.0}


def counts(requests: float, tokens: float = 0, **more: object) -> Counts:
    return Counts(requests=requests, generated_tokens=tokens, **more)  # type: ignore[arg-type]


def test_what_lies_between_two_readings_is_their_difference() -> None:
    before = counts(3, 100, errors={"connect": 1}, ttft={0.1: 1, 1: 1, math.inf: 2})
    after = counts(5, 160, errors={"connect": 1, "timeout": 2}, ttft={0.1: 1, 1: 2, math.inf: 4})
    grown = growth(before, after, 2.0)
    assert (grown.requests, grown.generated_tokens, grown.seconds) == (2, 60, 2.0)
    assert grown.errors == {"timeout": 2}
    assert grown.ttft == {0.1: 0, 1: 1, math.inf: 2}
    assert (grown.requests_per_second, grown.tokens_per_second) == (1.0, 30.0)


def test_a_series_that_was_not_there_was_at_0() -> None:
    grown = growth(Counts(), counts(1, 7, errors={"connect": 1}, ttft=TTFT), 1.0)
    assert (grown.requests, grown.generated_tokens, grown.errors) == (1, 7, {"connect": 1})
    assert grown.ttft == TTFT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (counts(50), counts(2)),
        (counts(2, 500), counts(2, 30)),
        (counts(2, ttft={math.inf: 9}), counts(2, ttft={math.inf: 1})),
        (counts(1, began=100.0), counts(2, began=200.0)),
    ],
)
def test_counters_that_began_anew_grew_by_what_they_have(before: Counts, after: Counts) -> None:
    grown = growth(before, after, 5.0)
    assert (grown.requests, grown.generated_tokens) == (after.requests, after.generated_tokens)
    assert grown.ttft == after.ttft
    assert grown.seconds == 5.0


def test_a_process_that_began_in_between_did_it_since_then() -> None:
    grown = growth(counts(9, began=100.0), counts(4, began=200.0, age_seconds=3.0), 60.0)
    assert (grown.requests, grown.seconds) == (4, 3.0)


def test_another_process_that_was_there_before_did_nothing_that_is_known() -> None:
    before, after = counts(5, began=100.0), counts(900, began=50.0, age_seconds=7200.0)
    assert growth(before, after, 2.0) == Growth()


def test_where_nothing_is_known_there_is_no_rate() -> None:
    assert Growth().requests_per_second is None
    assert Growth().tokens_per_second is None
    assert Growth(2.0).tokens_per_second == 0.0


def test_one_after_the_other_adds_up() -> None:
    both = Growth(1, 2, 3, {"a": 1}, TTFT) + Growth(4, 5, 6, {"a": 2, "b": 1}, TTFT)
    assert (both.seconds, both.requests, both.generated_tokens) == (5, 7, 9)
    assert both.errors == {"a": 3, "b": 1}
    assert observations(both.ttft) == 8


def test_of_a_part_of_the_time_only_what_flows_is_told() -> None:
    assert Growth(4, 5, 6, {"a": 2}, TTFT).part(0.5) == Growth(2.0, generated_tokens=3.0)


def test_rates_of_proxies_add_up_also_where_one_was_seen_for_a_shorter_time() -> None:
    each = [Growth(5, 2, 50), Growth(1, 1, 20), Growth()]
    found = together(each)
    assert (found.seconds, found.requests, found.tokens_per_second) == (5, 3, 30.0)
    assert together([]) == Growth()


def test_sums_are_by_key() -> None:
    assert summed([{"a": 1.0}, {"a": 2.0, "b": 3.0}, {}]) == {"a": 3.0, "b": 3.0}


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        (0.25, 0.1),  # the whole of the first bucket
        (0.125, 0.05),
        (0.5, 0.55),  # the half of the second
        (0.75, 1.0),
        (0.95, 1.0),  # above the last edge nothing is known
    ],
)
def test_a_quantile_is_that_of_promql(rank: float, expected: float) -> None:
    assert quantile(TTFT, rank) == pytest.approx(expected)


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({0.1: 0, math.inf: 0}, 0.5) is None


def test_empty_buckets_hold_no_quantile() -> None:
    assert quantile({0.1: 0, 1: 0, 2: 4, math.inf: 4}, 0.5) == 1.5


def test_edges_are_numbers() -> None:
    assert edges({"0.1": 1, "+Inf": 2}) == {0.1: 1, math.inf: 2}
    for text in ("abc", "", "NaN"):
        with pytest.raises(ValueError, match=r"to float|expected the edge of a bucket, found NaN"):
            edges({text: 1})
