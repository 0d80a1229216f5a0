"""Resampling by counts gives what resampling by hand gives, and covers what it should."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.compare.bootstrap import Interval, Percentiles, Ratio, draws, interval
from traffic.results.spreads import percentile

Values = list[tuple[int, float]]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 100)), min_size=1),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_a_percentile_by_counts_is_that_of_the_values_written_out(
    values: Values, draw: list[int]
) -> None:
    written_out = [value for unit, value in values for _ in range(draw[unit])]
    found = Percentiles(values, (0.5, 0.95))(draw)
    if not written_out:
        assert found is None
        return
    expected = [percentile(written_out, share) for share in (0.5, 0.95)]
    assert found == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans())),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_a_ratio_by_counts_is_that_of_the_values_written_out(
    values: list[tuple[int, bool]], draw: list[int]
) -> None:
    written_out = [value for unit, value in values for _ in range(draw[unit])]
    found = Ratio(values, 5)(draw)
    assert found == ((statistics.fmean(written_out),) if written_out else None)


def test_each_draw_has_as_many_units_as_there_are() -> None:
    some = list(draws(7, "a", 50))
    assert len(some) == 50
    assert {sum(draw) for draw in some} == {7}
    assert all(any(draw[unit] for draw in some) for unit in range(7))


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    assert list(draws(20, "a", 5)) == list(draws(20, "a", 5))
    assert list(draws(20, "a", 5)) != list(draws(20, "b", 5))


def test_an_interval_is_the_middle_of_what_was_drawn() -> None:
    found = interval([float(n) for n in range(101)], confidence=0.5)
    assert found == Interval(25.0, 75.0)


def test_intervals_of_a_median_hold_the_true_one_about_as_often_as_they_say() -> None:
    draw, hits, runs = random.Random(7), 0, 120
    for number in range(runs):
        sample = Percentiles(((unit, draw.expovariate(1.0)) for unit in range(80)), (0.5,))
        found = [figures[0] for one in draws(80, str(number), 300) if (figures := sample(one))]
        around = interval(found)
        hits += around.low <= 0.6931 <= around.high
    assert 0.88 <= hits / runs <= 0.99
