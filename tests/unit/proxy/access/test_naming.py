"""Which models a body names: one answer for all readers, or none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.access.naming import UnclearBody, check_head, is_told_to_gateway, models_in
from proxy.heads import RequestHead, read_request


@pytest.mark.parametrize(
    ("body", "models"),
    [
        (b'{"model":"a"}', ["a"]),
        (b' {"messages":[{"model":"b"}], "model" : "a"}\n', ["a"]),
        (b'{"\\u006dodel":"a"}', ["a"]),
        (b'{"model":"\\u0061:b"}', ["a:b"]),
        (b'{"model":"a","tools":[{"model":"x","model":"y"}],"x":{"a":1,"a":2}}', ["a"]),
        (b'{"model":"a","name":"b"}', ["a"]),
        (
            b'{"model":"a:1","options":{"stop":[":",":::"]},"prompt":"{\\"model\\": \\"b\\"}"}',
            ["a:1"],
        ),
    ],
)
def test_a_body_names_its_model(body: bytes, models: list[str]) -> None:
    assert models_in(body) == models


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"a"',
        b'[{"model":"a"}]',
        b'{"model":"a"',
        b'{"model":"a"}{"model":"b"}',
        b'{"model":"a"} x',
        b"\xef\xbb\xbf" + b'{"model":"a"}',
        '{"model":"a"}'.encode("utf-16"),
        b'{"model":"\xff"}',
        b'{"model":"\\ud800"}',
        b"{}",
        b'{"name":"a"}',
        b'{"model":""}',
        b'{"model":null}',
        b'{"model":["a"]}',
        b'{"model":1}',
        b'{"model":"a","model":"b"}',
        b'{"model":"b","model":null}',
        b'{"model":null,"model":"a"}',
        b'{"model":"a","\\u006dodel":"b"}',
        b'{"model":"a","x":1,"x":2}',
        b'{"model":"a","MODEL":"b"}',
        b'{"MODEL":"a"}',
        b'{"Model":"a"}',
        b'{"model":"a","mo_del":"b"}',
        b'{"model":"a","Mo-Del":"b"}',
        b'{"model":"a","model:":"b"}',
        b'{"model":"a","x\\u003a":1,"x\\u003a":2}',
        b'{"model":"a","x\\u003A":"b","model":"c"}',
        b"[" * 3000,
        b'{"a":' * 3000,
        b"--x\r\nContent-Disposition: form-data; name=model\r\n\r\na\r\n--x--",
    ],
)
def test_what_two_readers_could_take_differently_names_none(body: bytes) -> None:
    with pytest.raises(UnclearBody, match=r"^expected "):
        models_in(body)


def test_the_older_spelling_counts_beside_the_other() -> None:
    assert models_in(b'{"name":"a"}', also_older=True) == ["a"]
    assert models_in(b'{"model":"a","name":"b"}', also_older=True) == ["a", "b"]
    assert models_in(b'{"model":"","name":"b"}', also_older=True) == ["b"]
    for unclear in (b'{"model":"a","Name":"b"}', b'{"model":"a","name":1}', b'{"name":""}'):
        with pytest.raises(UnclearBody):
            models_in(unclear, also_older=True)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab:"\\{}', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet="ab:", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(alphabet="abcx", max_size=3), _json, max_size=4), st.booleans())
def test_an_object_with_each_name_once_is_read_and_one_with_a_name_twice_is_not(
    fields: dict[str, object], is_ascii: bool
) -> None:
    plain = json.dumps({**fields, "model": "m:1"}, ensure_ascii=is_ascii)
    assert models_in(plain.encode()) == ["m:1"]
    for name in fields:
        twice = plain[:-1] + f", {json.dumps(name)}: 0}}"
        with pytest.raises(UnclearBody, match="each name once"):
            models_in(twice.encode())


def head(*lines: bytes) -> RequestHead:
    return read_request(b"\r\n".join([b"POST /api/chat HTTP/1.1", *lines]))


@pytest.mark.parametrize("line", [b"Content-Encoding: zstd", b"content-ENCODING:gzip, identity"])
def test_what_is_compressed_is_not_looked_into(line: bytes) -> None:
    with pytest.raises(UnclearBody, match="not compressed"):
        check_head(head(line))
    with pytest.raises(UnclearBody, match="not compressed"):
        check_head(head(b"Content-Encoding: identity", line))
    check_head(head(b"Content-Encoding: identity"))


def test_a_header_by_which_the_gateway_may_take_another_model_is_seen() -> None:
    for name in (b"x-portkey-config", b"X-Portkey-Virtual-Key", b"x-portkey-anything"):
        assert is_told_to_gateway(head(name + b": 1"))
    harmless = (b"x-portkey-trace-id: 1", b"x-portkey-metadata: {}", b"X-Portkey: 1")
    assert not is_told_to_gateway(head(*harmless))
