"""Attributes, as OTLP has them."""

from collections.abc import Sequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

Value = str | bool | int | float | Sequence[str]

MOST_CHARACTERS = 256
"""Of a text that others have a say in."""


def attribute(key: str, value: Value) -> KeyValue:
    """One attribute. Of a text what is no Unicode is replaced, and what is too long is cut."""
    return KeyValue(key=key, value=_any(value))


def _any(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=clean(value))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[_any(one) for one in value]))


def clean(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text that can be sent."""
    text = text[:most]
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
