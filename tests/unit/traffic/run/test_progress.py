"""Figures as they come are right to 1 %, and count what the end counts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs import cancelled, hit, refused, whole
from traffic.run.progress import ERRORS_SHOWN, Running, Tally, rate_of


@given(st.lists(st.floats(1e-5, 1e4), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_within_one_percent_of_a_value(values: list[float], share: float) -> None:
    tally = Tally()
    for value in values:
        tally.add(value)
    place = -(-len(values) * share // 1)  # rounded up
    assert tally.percentile(share) == pytest.approx(sorted(values)[int(place) - 1], rel=0.0101)


def test_values_beyond_the_steps_are_counted_at_their_ends() -> None:
    tally = Tally()
    for value in (0.0, 1e9):
        tally.add(value)
    low, high = tally.percentile(0.5), tally.percentile(1.0)
    assert low is not None
    assert high is not None
    assert (low < 2e-5, high > 20_000) == (True, True)
    assert Tally().percentile(0.5) is None


def test_each_request_is_counted_where_it_belongs() -> None:
    running = Running()
    warm_up = replace(whole(ttft=99.0), is_warm_up=True)
    attempts = [warm_up, whole(ttft=0.25), refused(), cancelled()]
    for _ in range(5):
        running.asked()
    for attempt in attempts:
        running.answered(attempt)
    running.dropped_some(3)
    assert (running.in_flight, running.warm_up, running.done) == (1, 1, 6)
    assert (running.ok, running.failed, running.cancelled, running.dropped) == (1, 1, 1, 3)
    assert running.ttft_seconds.percentile(1.0) == pytest.approx(0.25, rel=0.0101)
    assert running.generated_tokens == 11


def test_the_last_errors_are_kept_and_no_more() -> None:
    running = Running()
    for number in range(5):
        running.answered(refused(detail=f"busy {number}"))
    assert list(running.errors) == [f"http_503: busy {number}" for number in (2, 3, 4)]
    assert len(running.errors) == ERRORS_SHOWN


def test_a_rate_is_by_the_servers_clock_where_it_has_one() -> None:
    attempt = whole(gaps=(0.1,) * 10)
    assert attempt.usage is not None
    assert rate_of(attempt) == attempt.reported_tokens_per_second
    assert rate_of(replace(attempt, usage=None)) is None


def test_a_hit_is_in_no_percentile() -> None:
    running = Running()
    running.asked()
    running.answered(hit())
    assert (running.ok, running.hits, running.ttft_seconds.count) == (1, 1, 0)
