"""A question as it is kept."""

import struct

import numpy as np
import pytest

from proxy.cache.semantic.records import UNLIKE, Record, cosines, normalised

MARK = b"12345678"


def record(*numbers: float, mark: bytes = MARK) -> Record:
    vector = normalised(numbers)
    assert vector is not None
    return Record(mark, vector)


def test_cosines_are_of_all_that_can_be_compared() -> None:
    others = [record(0, 1), record(1, 0, mark=b"anotherm"), record(1, 0), record(1, 1), record(2)]
    places, found = cosines(record(3, 0), [one.packed() for one in others])
    assert places == [0, 2, 3]
    assert found == pytest.approx([0, 1, 0.70710677])


@pytest.mark.parametrize("cut", range(24))
def test_what_is_cut_off_is_no_record(cut: int) -> None:
    assert cosines(record(1, 0), [record(1, 0).packed()[:cut]])[0] == []


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e30, -1e30])
def test_what_was_never_normalised_is_like_nothing(number: float) -> None:
    packed = struct.pack("<8sQ2f", MARK, 2, number, 0.0)
    assert cosines(record(1, 0), [packed])[1].tolist() == [UNLIKE]


def test_there_may_be_none() -> None:
    assert cosines(record(1, 0), [])[0] == []


@pytest.mark.parametrize("numbers", [(), (0.0, 0.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_what_has_no_direction_is_no_vector(numbers: tuple[float, ...]) -> None:
    assert normalised(numbers) is None


def test_a_vector_has_length_one_and_little_endian_floats() -> None:
    one = record(3, 4)
    assert float(np.linalg.norm(one.vector)) == pytest.approx(1)
    assert one.packed() == MARK + struct.pack("<Q2f", 2, 0.6, 0.8)
