"""Numbers in a text."""

import pytest

from proxy.cache.semantic.numbers import numbers_of


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("three ideas", ["3"]),
        ("3 ideas", ["3"]),
        ("drei Ideen, fünf Tipps", ["3", "5"]),
        ("٣ أفكار", ["3"]),
        ("三个建议", ["3"]),
        ("1,000 by 8", ["1000", "8"]),
        ("3.145", ["3.145"]),
        ("-5 times", ["-5"]),
        ("fünfundzwanzig Gäste", ["funfundzwanzig"]),
        ("the second, the 3rd", ["2.", "3."]),
        ("10k", ["10", "k"]),
        ("5 MB or 5 GB", ["5", "5"]),
        ("10:30", ["10:30"]),
        ("half of it", ["1/2"]),
        ("100 °C", ["100", "°C"]),
        ("what is love", []),
    ],
)
def test_numbers_are_found_in_order(text: str, numbers: list[str]) -> None:
    assert numbers_of(text) == numbers


@pytest.mark.parametrize(
    ("one", "other"), [("2+2", "2+3"), ("31.45", "3.145"), ("-5", "5"), ("1815", "1851")]
)
def test_other_numbers_differ(one: str, other: str) -> None:
    assert numbers_of(one) != numbers_of(other)
