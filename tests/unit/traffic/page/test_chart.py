"""What all charts share: axes that suit the values, parts of the time."""

from traffic.page.chart import positive_ends, seconds_axis, span
from traffic.page.timelines import Bin


def test_an_axis_is_logarithmic_where_values_are_far_apart() -> None:
    assert not seconds_axis([0.1, 0.2, 1.0], "").is_log
    assert seconds_axis([0.1, 0.2, 100.0], "").is_log


def test_a_logarithmic_axis_begins_above_nothing() -> None:
    assert positive_ends([0.0, 0.5]) == (0.5, 0.5)
    assert positive_ends([0.0]) == (1e-5, 1e-5)
    assert positive_ends([1e-9, 0.2, 3.0]) == (0.2, 3.0)


def test_a_part_of_the_time_is_named_by_its_ends() -> None:
    assert span(Bin(1.25, 2.5)) == "1.2 to 2.5"
