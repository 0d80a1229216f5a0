"""What is written beside the library is what the library reads."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

from proxy.telemetry.encoding import AttributeField, field, varint
from tests.otlp import attributes_of

NUMBER = Span.ATTRIBUTES_FIELD_NUMBER


@given(
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=300),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=300),
    st.integers(0, 2**62),
    st.floats(allow_nan=False),
)
def test_an_attribute_is_read_as_it_was_written(
    key: str, text: str, count: int, seconds: float
) -> None:
    one = AttributeField(NUMBER, key)
    for raw, value in (
        (one.of_text(text), text),
        (one.of_count(count), count),
        (one.up_to_seconds() + struct.pack("<d", seconds), seconds),
    ):
        found = attributes_of(Span.FromString(raw).attributes)
        assert found == {key: value}
        assert type(found[key]) is type(value)


@given(st.integers(0, 2**63 - 1))
def test_a_number_is_as_short_as_protobuf_has_it(number: int) -> None:
    assert varint(number) == AnyValue(int_value=number).SerializeToString()[1:]


def test_a_count_beyond_what_can_be_sent_spoils_nothing() -> None:
    raw = AttributeField(NUMBER, "a").of_count(2**70)
    assert attributes_of(Span.FromString(raw).attributes) == {"a": 2**63 - 1}


@pytest.mark.parametrize("size", [0, 1, 127, 128, 20_000])
def test_a_field_has_its_length_before_it_whatever_it_is_made_of(size: int) -> None:
    raw = Span(name="x" * size).SerializeToString()
    parts = [raw[: size // 2], raw[size // 2 :]]
    read = ScopeSpans.FromString(field(ScopeSpans.SPANS_FIELD_NUMBER, *parts))
    assert [span.name for span in read.spans] == ["x" * size]


def test_fields_of_several_writers_are_one_message() -> None:
    attribute = AttributeField(NUMBER, "a").of_count(300)
    read = Span.FromString(Span(name="x").SerializeToString() + attribute)
    assert (read.name, attributes_of(read.attributes)) == ("x", {"a": 300})
