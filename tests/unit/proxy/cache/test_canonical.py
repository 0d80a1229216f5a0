"""Bodies in one form: what is the same request has the same, and what is not certain has none."""

import pytest

from proxy.cache.canonical import canonical, read_fields


def form(body: bytes) -> bytes | None:
    fields = read_fields(body)
    return None if fields is None else canonical(fields)


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
        b'{"deep":{"a":1,"A":2}}',
        b'{"list":[{"a":1,"a":2}]}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
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
