"""Fields of a form are found by its boundary, and a broken form breaks nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.forms import PART_LIMIT, VALUE_LIMIT_BYTES, form_fields, is_form

TYPE = "multipart/form-data; boundary=xyz"


def form(*parts: bytes, mark: bytes = b"xyz") -> bytes:
    return b"".join(b"--%s\r\n%s\r\n" % (mark, part) for part in parts) + b"--%s--\r\n" % mark


def field(name: bytes, value: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name, value)


FILE = b'content-disposition: form-data; filename="model"; name="file"\r\nContent-Type: a/b\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [
        form(field(b"model", b"m:1"), FILE + bytes(5000)),
        form(FILE + b'\r\n--xy name="model"\r\n\r\nnot this', field(b"model", b"m:1")),
        form(b"content-disposition: form-data; name=model\r\n\r\nm:1"),
        form(b'X: y\r\nContent-Disposition: form-data;name="model"\r\n\r\nm:1'),
        form(field(b"model", b"m:1"), field(b"model", b"second")),
        b"a preamble\r\n" + form(field(b"model", b"m:1")),
    ],
)
def test_a_field_is_found(body: bytes) -> None:
    assert form_fields(body, TYPE, "model") == {"model": "m:1"}
    assert form_fields(bytearray(body), TYPE, "model") == {"model": "m:1"}


@pytest.mark.parametrize(
    ("content_type", "mark"),
    [
        ('multipart/form-data; charset=utf-8; boundary="a b"', b"a b"),
        ("Multipart/Form-Data;BOUNDARY=----WebKit7", b"----WebKit7"),
    ],
)
def test_the_boundary_is_read_from_the_header(content_type: str, mark: bytes) -> None:
    assert is_form(content_type)
    body = form(field(b"model", b"m"), mark=mark)
    assert form_fields(body, content_type, "model") == {"model": "m"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (form(field(b"model", b"m")), "multipart/form-data"),
        (form(field(b"model", b"m")), "multipart/form-data; boundary=other"),
        (form(field(b"models", b"m")), TYPE),
        (form(field(b"model", b"m"))[:40], TYPE),
        (form(field(b"model", b"x" * (VALUE_LIMIT_BYTES + 1))), TYPE),
        (form(*[field(b"x", b"")] * PART_LIMIT, field(b"model", b"m")), TYPE),
        (form(b"model=m"), TYPE),
        (b"", TYPE),
    ],
)
def test_what_is_not_there_is_not_found(body: bytes, content_type: str) -> None:
    assert form_fields(body, content_type, "model") == {}


def test_other_bodies_are_no_forms() -> None:
    assert not is_form("application/json")
    assert not is_form("")


PARTS = (b"--xyz", b"--", b"\r\n", b"\r\n\r\n", b"content-disposition: ", b'; name="model"', b"m")


@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=5)).map(b"".join), st.text())
def test_no_form_makes_it_raise(body: bytes, parameter: str) -> None:
    form_fields(body, TYPE, "model")
    form_fields(body, f"multipart/form-data; boundary={parameter}", "model")
