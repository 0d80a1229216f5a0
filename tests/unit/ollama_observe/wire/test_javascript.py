"""What a program in JavaScript would make of a body: the same, else the body is refused."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.javascript import object_in_javascript

LARGEST = 2**53
TEXTS = st.text(max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST * 2, LARGEST * 2)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
).map(str.encode)


def in_javascript(body: bytes | str) -> Any:
    """What JSON.parse makes of it: all its numbers are doubles."""
    return json.loads(body, parse_int=float)


def has_one_too_large(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(has_one_too_large, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and abs(value) > LARGEST


@given(OBJECTS)
def test_a_body_means_the_same_when_it_was_read_and_written_or_is_refused(root: Any) -> None:
    body = json.dumps(root).encode()
    found = object_in_javascript(body)
    assert (found is None) == has_one_too_large(root)
    if found is not None:
        assert in_javascript(body) == json.loads(body) == found
        assert in_javascript(json.dumps(in_javascript(body))) == found


@given(NUMBERS)
def test_a_number_that_is_taken_is_a_double_and_none_without_end(number: bytes) -> None:
    found = object_in_javascript(b'{"n":%s}' % number)
    if found is not None:
        assert found["n"] == float(number)
        assert math.isfinite(found["n"])


@pytest.mark.parametrize(
    ("body", "root"),
    [
        (b"{}", {}),
        (b' \n{ "a" :\t1 } \r\n', {"a": 1}),
        (b'{"a":9007199254740992,"b":-9007199254740992}', {"a": LARGEST, "b": -LARGEST}),
        (b'{"a":true,"b":null,"c":[[{}]]}', {"a": True, "b": None, "c": [[{}]]}),
        (b'{"a":1e-400}', {"a": 0.0}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"\\u00e9\\ud83d\\ude00":"\xc3\xa9"}', {"é😀": "é"}),
    ],
)
def test_an_object_is_read(body: bytes, root: dict[str, object]) -> None:
    assert object_in_javascript(body) == root


@pytest.mark.parametrize(
    "number",
    [
        *(b"9007199254740993", b"-9007199254740993", b"9007199254740994"),
        *(b"18446744073709551616", b"18446744073709551617", b"1" + b"0" * 400),
        *(b"1e400", b"-1e400", b"NaN", b"Infinity", b"01", b"+1", b".5", b"1.", b"0x10", b"1_0"),
    ],
)
def test_a_number_that_would_become_another_is_refused_wherever_it_stands(number: bytes) -> None:
    assert object_in_javascript(b'{"a":%s}' % number) is None
    assert object_in_javascript(b'{"a":[1,{"b":[%s]}]}' % number) is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"null", b"1", b'"a"', b"[]", b'[{"a":1}]', b"{", b'{"a":1,}', b"{}{}"),
        *(b"{a:1}", b"{'a':1}", b'{"a":1}//', b"\xef\xbb\xbf{}", b"{}\x00", b'{"a":\xa01}'),
        *(b'{"a":"\n"}', b'{"a":"\\x"}', b'{"a":"\xff"}', b'{"\xff":1}', b'{"a":"\\ud800"}'),
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_object_or_no_json_is_refused(body: bytes) -> None:
    assert object_in_javascript(body) is None


def test_what_is_nested_as_deeply_as_can_be_read_can_be_written_again() -> None:
    depths = [n for n in range(900, 1010) if object_in_javascript(nested(n)) is not None]
    for depth in depths:
        assert msgspec.json.encode(object_in_javascript(nested(depth))) == nested(depth)


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"
