"""Absent is not zero: what could not be read is no reading."""

from gpu_exporter.reading import Reading, each, one
from tests.exporters import COUNT, SIZE


def test_a_value_is_a_reading_and_none_is_none() -> None:
    assert list(one(SIZE, 0)) == [Reading(SIZE, 0.0)]
    assert list(one(COUNT, 7, "a")) == [Reading(COUNT, 7.0, ("a",))]
    assert list(one(SIZE, None)) == []


def test_the_key_of_a_value_is_its_last_label() -> None:
    assert list(each(COUNT, {"a": 1, "b": 2.5}, "0")) == [
        Reading(COUNT, 1.0, ("0", "a")),
        Reading(COUNT, 2.5, ("0", "b")),
    ]
    assert list(each(COUNT, {})) == []


def test_a_truth_is_a_number() -> None:
    (reading,) = one(SIZE, True)
    assert repr(reading.value) == "1.0"
