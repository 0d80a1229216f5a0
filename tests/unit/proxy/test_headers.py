"""What belongs to one connection, and what may never be made so."""

import pytest

from proxy.headers import is_plain, named_by_connection, value_of


def test_connection_names_what_stays_on_its_hop() -> None:
    assert named_by_connection(b"close, X-Mine ,x-Other") == {b"x-mine", b"x-other"}


def test_connection_cannot_take_away_what_carries_the_message_or_its_sender() -> None:
    sent = b"host, Content-Length, content-type, authorization, origin, keep-alive"
    assert named_by_connection(sent) == frozenset()


def test_a_value_is_found_by_lower_case_name() -> None:
    assert value_of({b"content-type": b"a"}, b"content-type") == "a"
    assert value_of({b"content-type": b"\xe9"}, b"content-type") == "é"
    assert value_of({}, b"etag") == ""


@pytest.mark.parametrize(
    ("coding", "expected"),
    [(None, True), (b"", True), (b"Identity", True), (b"gzip", False), (b"identity, br", False)],
)
def test_a_body_is_plain_where_no_coding_is_named(coding: bytes | None, expected: bool) -> None:
    assert is_plain({} if coding is None else {b"content-encoding": coding}) is expected
