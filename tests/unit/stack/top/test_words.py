import pytest

from stack.top import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0 B"), (1023, "1023 B"), (2**30 * 3.4, "3.4 GiB"), (2**41, "2.0 TiB")],
)
def test_a_size_is_in_binary_units(value: float | None, text: str) -> None:
    assert words.size(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (2**30 * 18.2, 2**30 * 24, "18.2/24.0 GiB"),
        (2**20 * 512, 2**30 * 24, "0.5/24.0 GiB"),
        (None, 2**30 * 24, "24.0 GiB"),
        (2**20, None, "1.0 MiB"),
        (None, None, "-"),
        (3, 10, "3/10 B"),
    ],
)
def test_a_part_has_the_unit_of_the_whole(
    part: float | None, whole: float | None, text: str
) -> None:
    assert words.part_of(part, whole) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0852, "85 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (9.99, "9.99 s"),
        (9.996, "10.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1m 0s"),
        (185, "3m 5s"),
    ],
)
def test_a_time_has_three_digits_whatever_its_size(value: float | None, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (41.6, "42s"), (119.6, "2m 0s"), (-3, "0s"), (90061, "1d 1h")]
)
def test_a_span_is_rounded_to_seconds(value: float | None, text: str) -> None:
    assert words.span(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (9999, "9999"), (12_345, "12.3k"), (2_500_000, "2.5M"), (3e9, "3.0G")],
)
def test_many_are_counted_in_larger_units(value: float | None, text: str) -> None:
    assert words.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (0.254, "0.25"), (8.346, "8.35"), (12.34, "12.3"), (123.4, "123")],
)
def test_a_rate_has_three_digits(value: float | None, text: str) -> None:
    assert words.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0, "0%"), (0.013, "1.3%"), (0.87, "87%"), (1, "100%")]
)
def test_of_a_small_share_more_is_told(value: float | None, text: str) -> None:
    assert words.percent(value) == text


def test_what_a_card_does_not_tell_is_a_dash() -> None:
    assert (words.watts(None), words.celsius(None)) == ("-", "-")
    assert (words.watts(311.6), words.celsius(71.2), words.celsius(71, "")) == (
        "312 W",
        "71 °C",
        "71 C",
    )
