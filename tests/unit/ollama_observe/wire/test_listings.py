"""Lists of models, and what is not one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.listings import entries, size
from tests.fakes import captures


@pytest.mark.parametrize(("capture", "count"), [("ps-loaded", 2), ("ps-empty", 1), ("tags", 5)])
def test_every_recorded_entry_is_found(capture: str, count: int) -> None:
    assert len(entries(captures.load(capture).body) or []) == count


@pytest.mark.parametrize("body", [b'{"models":[]}', b'{"models":null}', b' {"more":1,"models":[]}'])
def test_a_list_may_be_empty(body: bytes) -> None:
    assert entries(body) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>not found</html>",
        b"[]",
        b"{}",
        b"null",
        b'{"models":7}',
        b'{"models":{}}',
        b'{"models":[',
        b'{"models":[1e999]}',
        b'{"models":' + b"[" * 100_000,
        b'{"models":["\xff"]}',
        captures.load("version").body,
        captures.load("ps-loaded").body[:-1],
    ],
)
def test_what_holds_no_list_is_told_apart_from_an_empty_one(body: bytes) -> None:
    assert entries(body) is None


def test_entries_without_a_name_are_left_out() -> None:
    body = (
        b'{"models":[7,null,[],{},{"name":""},{"name":7},{"model":"a\\nb"},{"name":"Library/B"}]}'
    )
    assert entries(body) == [("b:latest", {"name": "Library/B"})]


def test_the_model_s_own_name_goes_before_the_other() -> None:
    assert entries(b'{"models":[{"name":"b","model":"a"}]}') == [
        ("a:latest", {"name": "b", "model": "a"})
    ]


@given(st.binary())
def test_no_bytes_are_a_reason_to_fail(body: bytes) -> None:
    assert entries(body) is None or isinstance(entries(body), list)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, 0),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (10**400, None),
        (-1, None),
        (1.0, None),
        (True, None),
        ("1", None),
        (None, None),
    ],
)
def test_a_size_is_what_go_could_have_counted(value: object, found: int | None) -> None:
    assert size(value) == found
