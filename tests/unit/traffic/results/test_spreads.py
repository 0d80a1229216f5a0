"""Percentiles are exact, and agree with those of the standard library."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.results.spreads import STATISTICS, percentile, spread, statistic


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
    cuts = statistics.quantiles(values, n=1000, method="inclusive")
    found = spread(values)
    assert found is not None
    for name, place in (("p50", 499), ("p90", 899), ("p95", 949), ("p99", 989), ("p99.9", 998)):
        assert statistic(found, name) == pytest.approx(cuts[place])
    assert found.p5 == pytest.approx(cuts[49])
    assert statistic(found, "mean") == pytest.approx(statistics.fmean(values))
    assert (found.minimum, statistic(found, "max")) == (min(values), max(values))


def test_a_spread_counts_the_values_that_are_there() -> None:
    found = spread([None, 1.0, 3.0])
    assert found is not None
    assert (found.count, found.p50, found.p95, found.maximum) == (2, 2.0, 2.9, 3.0)
    assert spread([None]) is None


def test_every_figure_that_people_name_can_be_had() -> None:
    found = spread([1.0])
    assert found is not None
    assert {statistic(found, name) for name in STATISTICS} == {1.0}
