"""Request ids are taken or made; traces are those that the W3C's rules let through."""

import pytest

from proxy.identity import RequestIds, trace_id_of
from tests.traces import NOT_VALID, PARENT, TRACE


@pytest.mark.parametrize("given", [b"a", b"req-1.2_3", b"A" * 128])
def test_an_id_that_the_client_gave_is_taken(given: bytes) -> None:
    assert RequestIds().of(given) == given.decode()


@pytest.mark.parametrize(
    "given", [None, b"", b"a b", b"a\r\nb", b"a\n", b"\xff", b"A" * 129, b"a/b"]
)
def test_an_id_that_could_do_harm_is_replaced(given: bytes | None) -> None:
    made = RequestIds().of(given)
    assert made
    assert made.encode() != given


def test_ids_that_are_made_are_all_different_and_would_be_taken() -> None:
    ids, others = RequestIds(), RequestIds()
    made = [ids.of(None) for _ in range(1000)] + [others.of(None) for _ in range(1000)]
    assert len(set(made)) == 2000
    assert [ids.of(one.encode()) for one in made] == made


@pytest.mark.parametrize(
    "header",
    [
        f"00-{TRACE}-{PARENT}-01",
        f" 00-{TRACE}-{PARENT}-00 ",
        f"01-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01-what-the-future-brings",
    ],
)
def test_a_valid_trace_is_taken(header: str) -> None:
    assert trace_id_of(header.encode()) == TRACE


@pytest.mark.parametrize("header", NOT_VALID)
def test_what_is_no_valid_trace_is_none(header: str | None) -> None:
    assert trace_id_of(None if header is None else header.encode()) == ""
