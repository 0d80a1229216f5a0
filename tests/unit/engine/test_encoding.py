import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import encoding


def test_html_characters_and_line_separators_are_escaped_as_go_does() -> None:
    assert encoding.encode({"a": "<b>&\u2028\n日"}) == (
        b'{"a":"\\u003cb\\u003e\\u0026\\u2028\\n' + "日".encode() + b'"}'
    )


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encoding.encode(math.nan)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text: str) -> None:
    assert json.loads(encoding.encode(text)) == text


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (1_795_416_269_940_511_554, "2026-11-23T06:44:29.940511554Z"),
        (1_795_416_269_940_511_000, "2026-11-23T06:44:29.940511Z"),
        (1_795_416_269_000_000_000, "2026-11-23T06:44:29Z"),
    ],
)
def test_a_timestamp_has_nanoseconds_without_trailing_zeros(
    nanoseconds: int, expected: str
) -> None:
    assert encoding.timestamp(nanoseconds) == expected


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_the_shortest_float_is_the_same_32_bits(value: float) -> None:
    short = encoding.shortest_float32(value)
    assert struct.pack("<f", short) == struct.pack("<f", value)
    assert len(repr(short)) <= len(repr(value))


def test_the_shortest_float_is_the_recorded_one() -> None:
    assert encoding.shortest_float32(0.010035370476543903) == 0.0100353705
