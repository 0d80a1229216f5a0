"""Where bodies end does not depend on how they come, and nothing is taken on trust."""

import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.bodies import ChunkedBody, EndlessBody, LengthBody, MalformedBody

BODY = b"5\r\nhello\r\n1;name=value\r\n \r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nY: \r\n\r\n"
PAYLOAD = b"hello 0123456789"


def fed(body: ChunkedBody | LengthBody, *data: bytes) -> tuple[bytes, int]:
    """The payload, and how many bytes belonged to the body."""
    payload, used = b"", 0
    for piece in data:
        pieces, of_it = body.feed(piece)
        assert b"" not in pieces
        payload += b"".join(pieces)
        used += of_it
    return payload, used


def test_a_chunked_body_is_read_at_every_cut() -> None:
    for cut in range(len(BODY) + 1):
        body = ChunkedBody()
        assert fed(body, BODY[:cut], BODY[cut:]) == (PAYLOAD, len(BODY))
        assert body.is_done


def test_a_chunked_body_is_read_byte_by_byte() -> None:
    body = ChunkedBody()
    assert fed(body, *(BODY[i : i + 1] for i in range(len(BODY)))) == (PAYLOAD, len(BODY))
    assert body.is_done


def test_what_follows_a_body_is_not_its() -> None:
    assert fed(ChunkedBody(), BODY + b"GET / HTTP/1.1") == (PAYLOAD, len(BODY))
    assert fed(LengthBody(3), b"abcdef") == (b"abc", 3)
    assert fed(LengthBody(3), b"a", b"bcdef") == (b"abc", 3)


def test_one_read_with_one_chunk_is_one_piece() -> None:
    body = ChunkedBody()
    assert body.feed(b"3\r\nabc\r\n") == ([b"abc"], 8)
    assert not body.is_done


def test_a_chunk_that_spans_reads_is_handed_out_as_it_comes() -> None:
    body = ChunkedBody()
    assert body.feed(b"6\r\nab") == ([b"ab"], 5)
    assert body.feed(b"cd") == ([b"cd"], 2)
    assert body.feed(b"ef\r") == ([b"ef"], 3)
    assert body.feed(b"\n0\r\n\r\n") == ([], 6)
    assert body.is_done


@pytest.mark.parametrize(
    "framing",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+1\r\nx\r\n",
        b"1_0\r\n",
        b" 1\r\nx\r\n",
        b"1 \r\nx\r\n",
        b"0x1\r\nx\r\n",
        b"1\nx\r\n",
        b"1\r\nxy\r\n",
        b"1\r\nx\n\n",
        b"1\r\nx\rX",
        b"ffffffffffffffff\r\n",
        b"1;a\0b\r\nx\r\n",
        b"1;" + b"a" * 9000,
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n: x\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"0\r\n" + b"A: " + b"a" * 8000 + b"\r\n" + (b"B: " + b"b" * 8000 + b"\r\n") * 9,
    ],
)
def test_framing_that_cannot_be_read_is_refused_at_every_cut(framing: bytes) -> None:
    for cut in (0, 1, 2, 3, len(framing) // 2):
        with pytest.raises(MalformedBody):
            fed(ChunkedBody(), framing[:cut], framing[cut:])


def test_a_body_without_an_end_goes_on() -> None:
    body = EndlessBody()
    assert body.feed(b"a") == ([b"a"], 1)
    assert not body.is_done


def test_a_body_of_no_bytes_is_done() -> None:
    assert LengthBody(0).is_done


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_read_alike_whole_and_in_two(data: bytes, cut: int) -> None:
    def read(*pieces: bytes) -> tuple[bytes, int, bool] | None:
        body = ChunkedBody()
        try:
            return *fed(body, *pieces), body.is_done
        except MalformedBody:
            return None

    whole, cut_in_two = read(data), read(data[:cut], data[cut:])
    assert whole == cut_in_two


CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


@given(CHUNKS, st.lists(st.integers(0, 300), max_size=5))
def test_a_body_carries_what_another_reader_finds_in_it(
    chunks: list[bytes], cuts: list[int]
) -> None:
    raw = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    other = h11.Connection(h11.SERVER)
    other.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + raw)
    other.next_event()
    found = b""
    while isinstance(event := other.next_event(), h11.Data):
        found += event.data
    assert isinstance(event, h11.EndOfMessage)
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    body = ChunkedBody()
    pieces = [raw[a:b] for a, b in itertools.pairwise(edges) if a < b]
    assert fed(body, *pieces) == (found, len(raw))
    assert body.is_done
