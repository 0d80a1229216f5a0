"""Bodies in one form: what is the same request has the same, and what is not certain has none."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.cache.canonical import canonical, read_body


def form(body: bytes) -> bytes | None:
    read = read_body(body)
    return None if read is None else read[1]


@pytest.mark.parametrize(
    "other",
    [
        b'{"prompt":"\\u00fc","model":"m"}',
        b' {\n"model" : "m" ,\t"prompt":"\xc3\xbc"}\r\n',
        b'{"model":"\\u006d","prompt":"\xc3\xbc"}',
    ],
)
def test_spellings_of_the_same_request_have_one_form(other: bytes) -> None:
    assert form(other) == form(b'{"model":"m","prompt":"\xc3\xbc"}') != None  # noqa: E711


@pytest.mark.parametrize(
    "other",
    [
        b'{"model":"m","prompt":"u"}',
        b'{"model":"m","prompt":"\xc3\xbc "}',
        b'{"model":"m","Prompt":"\xc3\xbc"}',
        b'{"model":"m","prompt":"\xc3\xbc","stream":true}',
        b'{"model":"m","prompt":["\xc3\xbc"]}',
        b'{"model":"m","prompt":"u\xcc\x88"}',
    ],
)
def test_what_differs_has_another_form(other: bytes) -> None:
    assert form(other) not in (None, form(b'{"model":"m","prompt":"\xc3\xbc"}'))


def test_the_order_of_a_list_and_the_kind_of_a_number_count() -> None:
    forms = {form(b'{"n":%s}' % n) for n in (b"[1,2]", b"[2,1]", b"1", b"1.0", b'"1"', b"true")}
    assert len(forms) == 6
    assert form(b'{"n":123456789012345678901}') != form(b'{"n":123456789012345678902}')


def of(**members: object) -> bytes | None:
    return form(json.dumps({"model": "m", **members}).encode())


def test_the_order_of_the_whole_and_of_its_settings_does_not_count() -> None:
    one = b'{"model":"m","options":{"seed":1,"top_k":2},"stream_options":{"a":1,"b":2}}'
    other = b'{"stream_options":{"b":2,"a":1},"options":{"top_k":2,"seed":1},"model":"m"}'
    assert form(one) == form(other) != None  # noqa: E711


_REASONED = {"reasoning": {"type": "string"}, "answer": {"type": "string"}}
_DECIDED = dict(reversed(_REASONED.items()))


def _schema(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties}


def _tool(properties: dict[str, object]) -> list[object]:
    return [{"type": "function", "function": {"name": "f", "parameters": _schema(properties)}}]


def _call(arguments: dict[str, object]) -> list[object]:
    return [{"role": "assistant", "tool_calls": [{"function": {"arguments": arguments}}]}]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("format", _schema),
        ("response_format", lambda them: {"json_schema": {"schema": _schema(them)}}),
        ("text", lambda them: {"format": {"schema": _schema(them)}}),
        ("output_config", lambda them: {"format": {"schema": _schema(them)}}),
        ("tools", _tool),
        ("messages", _call),
        ("options", lambda them: {"nested": them}),
    ],
)
def test_the_order_below_counts(name: str, make: Any) -> None:
    assert of(**{name: make(_REASONED)}) != of(**{name: make(_DECIDED)})
    assert of(**{name: make(_REASONED)}) == of(**{name: make(dict(_REASONED))})


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":":","b":{"c":"::"}}',
        b'{"a:b":1,"list":[{"a":":"},{"a":":"}]}',
        b'{"deep":{"a":1,"A":2}}',
        b'{"a":"\\u003b"}',
    ],
)
def test_colons_and_cases_where_they_mean_nothing_do_no_harm(body: bytes) -> None:
    assert form(body) is not None


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":[' + b",".join([b"{}"] * 100_000) + b"]}",
        b'{"a":[' + b",".join([b'{"role":"user","content":"x"}'] * 10_000) + b"]}",
        b'{"a":[' + b",".join([b"[0.5,1,2]"] * 30_000) + b"]}",
    ],
    ids=["objects", "messages", "numbers"],
)
def test_a_form_costs_little_more_than_reading(body: bytes) -> None:
    def took(work: Callable[[bytes], object]) -> float:
        began = time.process_time()
        work(body)
        return time.process_time() - began

    reading = min(took(json.loads) for _ in range(5))
    assert min(took(form) for _ in range(5)) < 2.5 * reading


_NAMES = st.sampled_from(["a", "b", "A", ":", "a:", ""])
_TEXTS = st.text(alphabet='ab:"\\{},\u00fc', max_size=4)
_MEMBERS = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_NAMES, inner), max_size=4),
    max_leaves=12,
)


def _written(value: object, spaces: str) -> tuple[str, bool]:
    """JSON, and whether a name comes twice: a list of pairs is an object."""
    if isinstance(value, list) and value and all(isinstance(one, tuple) for one in value):
        parts = [(json.dumps(name), *_written(inner, spaces)) for name, inner in value]
        text = ",".join(f"{name}{spaces}:{spaces}{inner}" for name, inner, _ in parts)
        is_twice = len({name for name, _, _ in parts}) < len(parts)
        return "{" + spaces + text + "}", is_twice or any(twice for _, _, twice in parts)
    if isinstance(value, list):
        found = [_written(one, spaces) for one in value]
        return "[" + ",".join(text for text, _ in found) + "]", any(twice for _, twice in found)
    return json.dumps(value), False


@given(_MEMBERS, st.sampled_from(["", " ", "\n\t"]))
def test_a_name_that_comes_twice_is_found_wherever_it_stands(value: object, spaces: str) -> None:
    text, is_twice = _written(value, spaces)
    found = read_body(f'{{"x":{text}}}'.encode())
    assert (found is None) == is_twice
    if found is not None:
        assert found[0]["x"] == json.loads(text)
        assert canonical(found[0]) == found[1] == form(f'{{ "x" : {text} }}'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        b'{"a":1',
        b'{"a":1} {"b":2}',
        b'{"a":1,"a":1}',
        b'{"model":"m","Model":"n"}',
        b'{"kind":1,"\xe2\x84\xaaind":2}',  # the Kelvin sign, which Go reads as a k
        b'{"options":{"a":1,"A":2}}',
        b'{"deep":{"a":1,"a":2}}',
        b'{"list":[{"a":1,"a":":"}]}',
        b'{"a":1,"a":"\\u003a"}',
        b'{"a":1,"a":"\\u003A"}',
        b'{"a":"\\ud800"}',
        b'{"list":[{"a":1,"a":2}]}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32-le"),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":"line\nend"}',
    ],
)
def test_what_two_readers_could_take_differently_has_no_form(body: bytes) -> None:
    assert form(body) is None
