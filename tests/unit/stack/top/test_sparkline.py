import math

import pytest

from stack.top.sparkline import ASCII, BLOCKS, Scale, linear, logarithmic, sparkline


def test_a_column_is_as_high_as_its_value() -> None:
    values = [0.0, 1.0, 4.0, 8.0]
    assert sparkline(values, linear(values)) == ["▁▁▄█"]


def test_nothing_is_blank_and_0_is_not() -> None:
    assert sparkline([None, 0.0, None], linear([0.0])) == [" ▁ "]
    assert sparkline([], linear([])) == [""]


def test_a_high_one_has_its_top_first() -> None:
    values = [1.0, 8.0, 16.0]
    assert sparkline(values, linear(values), height=2) == ["  █", "▁██"]


def test_what_is_above_the_scale_fills_it() -> None:
    assert sparkline([50.0], Scale(10.0)) == ["█"]


def test_on_a_logarithmic_scale_an_outlier_leaves_the_others_apart() -> None:
    values = [0.1, 0.5, 3.0, 50.0]
    (line,) = sparkline(values, logarithmic(values))
    assert len(set(line)) == 4
    assert sparkline(values, linear(values)) == ["▁▁▁█"]


def test_values_that_are_nearly_alike_look_so() -> None:
    values = [1.0, 1.1]
    (line,) = sparkline(values, logarithmic(values))
    assert BLOCKS.index(line[1]) - BLOCKS.index(line[0]) <= 1


def test_several_rows_may_share_a_scale() -> None:
    assert logarithmic([0.5, None], [2.0]) == Scale(2.0, 0.2)
    assert linear([0.5, None], [2.0]) == Scale(2.0)
    assert logarithmic([None, 0.0]) == Scale(0.0, 0.0)


@pytest.mark.parametrize("value", [0.0, 1e-9, 3.0, math.inf])
def test_any_value_has_a_column(value: float) -> None:
    for scale in (linear([3.0]), logarithmic([3.0]), Scale(0.0)):
        assert len(sparkline([value], scale, 3)) == 3


def test_a_terminal_without_blocks_has_letters() -> None:
    (line,) = sparkline([0.0, 9.0], linear([9.0]), glyphs=ASCII)
    assert line == ".@"
    assert line.isascii()


def test_a_scale_of_next_to_nothing_and_next_to_all_is_one() -> None:
    scale = logarithmic([5e-300, 1e300])
    assert (scale.share(5e-300), scale.share(1e300)) == (0.0, 1.0)
    assert 0.4 < scale.share(1.0) < 0.6
