"""Writes parts of protobuf's messages, beside what the library has made once and keeps.

A message's fields may come in any order, from several writers, one after the other; what lies in
another has its length before it. Source: protocol buffers, "Encoding"; numbers are the library's.
"""

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_LENGTH_DELIMITED, _VARINT, _FIXED64 = 2, 0, 1
_MOST = 2**63 - 1
_SHORT = 0x80
_SMALL = tuple(bytes([number]) for number in range(_SHORT))


def varint(number: int) -> bytes:
    """A number that is not negative."""
    if number < _SHORT:
        return _SMALL[number]
    found = bytearray()
    while number >= _SHORT:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def field(number: int, *parts: bytes) -> bytes:
    """A field that holds a message or a text, whose bytes these are."""
    size = sum(map(len, parts))
    return b"".join([varint(number << 3 | _LENGTH_DELIMITED), varint(size), *parts])


class AttributeField:
    """A repeated field that holds attributes, one of them: its key is always the same."""

    _TEXT = varint(AnyValue.STRING_VALUE_FIELD_NUMBER << 3 | _LENGTH_DELIMITED)
    _INT = varint(AnyValue.INT_VALUE_FIELD_NUMBER << 3 | _VARINT)
    _DOUBLE = varint(AnyValue.DOUBLE_VALUE_FIELD_NUMBER << 3 | _FIXED64)

    def __init__(self, number: int, key: str) -> None:
        self._tag = varint(number << 3 | _LENGTH_DELIMITED)
        key_field = field(KeyValue.KEY_FIELD_NUMBER, key.encode())
        self._before = key_field + varint(KeyValue.VALUE_FIELD_NUMBER << 3 | _LENGTH_DELIMITED)

    def of_text(self, text: str) -> bytes:
        """With a text that can be sent."""
        raw = text.encode()
        return self._around(self._TEXT + varint(len(raw)) + raw)

    def of_count(self, count: int) -> bytes:
        """With a whole number that is not negative, or the largest that can be sent."""
        return self._around(self._INT + varint(count if count <= _MOST else _MOST))

    def up_to_seconds(self) -> bytes:
        """What stands before the eight bytes of a number that ends the field."""
        return self._around(self._DOUBLE + bytes(8))[:-8]

    def _around(self, value: bytes) -> bytes:
        size = varint(len(value))
        whole = varint(len(self._before) + len(size) + len(value))
        return self._tag + whole + self._before + size + value
