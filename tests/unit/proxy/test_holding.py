"""A body that is kept: what came and what it carries, however it was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.bodies import Body, ChunkedBody, LengthBody
from proxy.holding import Holding


def kept(body: Body, raw: bytes, sizes: list[int]) -> Holding:
    """What was kept of a body that came in pieces of these sizes, and the rest at once."""
    holding = Holding(1 << 20)
    for size in [*sizes, len(raw)]:
        piece, raw = raw[:size], raw[size:]
        holding.add(piece, body.feed(piece)[0] if piece else [])
    return holding


SIZES = st.lists(st.integers(0, 7), max_size=20)


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=4), SIZES)
def test_what_a_chunked_body_carries_does_not_depend_on_where_it_was_cut(
    chunks: list[bytes], sizes: list[int]
) -> None:
    raw = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nA: b\r\n\r\n"
    holding = kept(ChunkedBody(), raw, sizes)
    before = holding.held_bytes
    assert (holding.raw, holding.payload) == (raw, b"".join(chunks))
    assert before == holding.held_bytes == len(raw) + sum(map(len, chunks))
    assert holding.has_framing


@given(st.binary(max_size=40), SIZES)
def test_a_body_with_a_length_is_what_it_carries(body: bytes, sizes: list[int]) -> None:
    holding = kept(LengthBody(len(body)), body, sizes)
    assert (holding.raw, holding.payload, holding.has_framing) == (body, body, False)


def test_a_chunk_that_looks_like_framing_is_none() -> None:
    inner = b"5\r\nhello\r\n0\r\n\r\n"
    raw = b"f\r\n" + inner + b"\r\n0\r\n\r\n"
    holding = kept(ChunkedBody(), raw, [3, len(inner)])
    assert holding.payload == inner


@pytest.mark.parametrize(("size", "is_due"), [(0, False), (4, False), (5, True)])
def test_a_body_is_kept_up_to_its_limit(size: int, is_due: bool) -> None:
    holding = Holding(4)
    holding.add(b"x" * size, [b"x" * size] if size else [])
    assert holding.is_due(is_whole=False) is is_due
    assert holding.is_due(is_whole=True)


def test_the_limit_is_for_all_that_came_framing_included() -> None:
    holding = Holding(4)
    holding.add(b"1\r\na\r\n", [b"a"])
    assert holding.is_due(is_whole=False)


def test_what_came_in_one_piece_is_not_copied() -> None:
    holding, body = Holding(1 << 20), b"x" * 100
    holding.add(body, [body])
    assert holding.raw is body
    assert holding.payload is body


def test_what_is_asked_for_twice_is_put_together_once() -> None:
    holding = Holding(1 << 20)
    for piece in (b"a", b"b"):
        holding.add(piece, [piece])
    assert holding.raw is holding.payload
    holding.add(b"c", [b"c"])
    assert holding.raw == b"abc"
