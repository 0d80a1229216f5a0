"""Attributes of every type, and no text that could not be sent."""

import pytest

from proxy.telemetry.values import MOST_CHARACTERS, Value, attribute, clean
from tests.otlp import attributes_of


@pytest.mark.parametrize("value", ["a", "", "ü", 0, 7, -1, 0.5, True, False, ["stop", "length"]])
def test_a_value_keeps_its_type(value: Value) -> None:
    made = attribute("a.b", value)
    found = type(made).FromString(made.SerializeToString())
    said = attributes_of([found])["a.b"]
    assert (said, type(said)) == (value, type(value))


def test_a_text_that_is_no_unicode_or_too_long_can_be_sent_all_the_same() -> None:
    made = attribute("a", "x\ud800y")
    assert attributes_of([made]) == {"a": "x?y"}
    assert clean("ü" * 1000) == "ü" * MOST_CHARACTERS
