"""Values are written for people, each in its unit."""

import pytest

from traffic.results.units import (
    Unit,
    counted,
    difference,
    duration,
    four_digits,
    milliseconds,
    percent,
    rate,
    shown,
    tick,
    told_apart,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.00994, "9.9 ms"),
        (0.00996, "10 ms"),
        (0.2134, "213 ms"),
        (0.9996, "1.00 s"),
        (2.708, "2.71 s"),
    ],
)
def test_durations_are_written_in_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (0.00002, "20 us"),
        (0.005, "5 ms"),
        (0.25, "250 ms"),
        (1.0, "1 s"),
        (2.5, "2.5 s"),
    ],
)
def test_ticks_have_no_digits_that_say_nothing(seconds: float, text: str) -> None:
    assert tick(seconds) == text


def test_what_is_held_against_a_limit_is_in_milliseconds_however_many() -> None:
    assert (milliseconds(0.0104), milliseconds(1.5)) == ("10 ms", "1500 ms")


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [("seconds", 0.25, "250 ms"), ("per_second", 9.96, "10.0"), ("ratio", 0.0316, "3.2 %")],
)
def test_a_value_is_shown_in_its_unit(unit: Unit, value: float, text: str) -> None:
    assert shown(unit, value) == text


def test_shares_rates_and_figures_have_as_many_digits_as_say_something() -> None:
    assert (percent(0.5), percent(0.974, 0)) == ("50.0 %", "97 %")
    assert (rate(2.0), four_digits(0.95123)) == ("2.0", "0.9512")


def test_one_thing_is_not_many() -> None:
    assert [counted(number, "request") for number in (0, 1, 2)] == [
        "0 requests",
        "1 request",
        "2 requests",
    ]


def test_a_difference_has_its_sign_also_where_it_is_next_to_nothing() -> None:
    assert difference("seconds", -0.00001) == "+0.0 ms"
    assert difference("per_second", 1.26) == "+1.3"
    assert difference("ratio", 0.5, (-0.25, 1.0)) == "+50.0 % (-25.0 to +100.0)"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "12 ms"), (0.0104, "10.4 ms"), (0.010003, "10.003 ms")]
)
def test_a_value_beyond_its_limit_is_seen_to_be(seconds: float, text: str) -> None:
    assert told_apart(milliseconds, seconds, 0.010) == text


def test_a_difference_that_no_digit_shows_is_left() -> None:
    assert told_apart(milliseconds, 0.010 + 1e-12, 0.010) == "10.000000 ms"
