"""Lines and events do not depend on where the bytes were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.framing import (
    EventSplitter,
    Framing,
    LineSplitter,
    splitter_for,
)


def fed(splitter: LineSplitter | EventSplitter, pieces: list[bytes]) -> list[bytes]:
    return [line for piece in pieces for line in splitter.feed(piece)]


def cuts(data: bytes) -> list[list[bytes]]:
    return [[data[:at], data[at:]] for at in range(len(data) + 1)]


@pytest.mark.parametrize("pieces", cuts("a\n\nbé\r\nç".encode()))
def test_lines_are_the_same_at_every_cut(pieces: list[bytes]) -> None:
    splitter = LineSplitter()
    assert fed(splitter, pieces) == [b"a", b"", "bé".encode()]
    assert splitter.finish() == ["ç".encode()]
    assert splitter.finish() == []


@given(st.lists(st.binary(max_size=20)), st.integers(1, 7))
def test_lines_do_not_depend_on_chunk_sizes(lines: list[bytes], size: int) -> None:
    lines = [line.replace(b"\n", b"").replace(b"\r", b"") for line in lines]
    data = b"".join(line + b"\n" for line in lines)
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    assert fed(LineSplitter(), pieces) == lines


def test_a_line_over_the_limit_is_skipped_to_its_end_and_counted() -> None:
    splitter = LineSplitter(limit_bytes=4)
    assert fed(splitter, [b"ok\n", b"too l", b"ong, ", b"really\nnext\n", b"12345\n", b"1234"]) == [
        b"ok",
        b"next",
    ]
    assert splitter.overflows == 2
    assert splitter.finish() == [b"1234"]


def test_a_line_of_just_the_limit_is_kept() -> None:
    splitter = LineSplitter(limit_bytes=4)
    assert splitter.feed(b"1234\n") == [b"1234"]
    assert splitter.overflows == 0


def test_a_tail_over_the_limit_is_not_kept() -> None:
    splitter = LineSplitter(limit_bytes=4)
    assert splitter.feed(b"12") + splitter.feed(b"345") + splitter.feed(b"6") == []
    assert (splitter.finish(), splitter.overflows) == ([], 1)


STREAM = (
    b': comment\nevent: one\nid: 7\ndata: {"a":1}\n\n\n'
    b"data:x\r\ndata: y\r\n\r\nevent: empty\n\ndata: z"
)


def test_events_are_the_same_at_every_cut() -> None:
    for pieces in cuts(STREAM):
        splitter = EventSplitter()
        events = [event for piece in pieces for event in splitter.feed(piece)]
        assert events == [b'{"a":1}', b"x\ny"], pieces
        assert (splitter.finish(), splitter.finish()) == ([b"z"], []), pieces


PARTS = (b"data: ", b"data:", b"event: ", b": ", b"x", b"\n", b"\n\n", b"\r", b"\r\n")


@given(
    st.lists(st.sampled_from(PARTS), max_size=30),
    st.sampled_from([LineSplitter, EventSplitter]),
    st.sampled_from([2, 5, 9, 1000]),
)
def test_a_whole_piece_gives_what_its_bytes_one_by_one_give(
    parts: list[bytes], kind: type[LineSplitter | EventSplitter], limit: int
) -> None:
    data = b"".join(parts)
    one_by_one = [data[i : i + 1] for i in range(len(data))]
    results = []
    for pieces in ([data], parts, one_by_one):
        splitter = kind(limit)
        results.append((fed(splitter, pieces) + splitter.finish(), splitter.overflows))
    assert results[0] == results[1] == results[2]


def test_an_event_of_many_lines_is_bounded_as_a_whole() -> None:
    splitter = EventSplitter(limit_bytes=12)
    assert splitter.feed(b"data:123456\ndata:123456\n\n") == [b"123456\n123456"]
    assert splitter.feed(b"data:123456\n" * 3 + b"\ndata:1\n\n") == [b"1"]
    assert splitter.feed(b"data:123456\n" * 9) == splitter.finish() == []
    assert splitter.overflows == 2


def test_an_event_over_the_limit_is_skipped_and_counted() -> None:
    splitter = EventSplitter(limit_bytes=8)
    assert splitter.feed(b"data: 0123456789\n\ndata: 1\n\n") == [b"1"]
    assert splitter.overflows == 1


@pytest.mark.parametrize(
    ("framing", "data", "fed_records", "last"),
    [
        (Framing.NDJSON, b"{1}\n{2}\n{3}", [b"{1}", b"{2}"], [b"{3}"]),
        (Framing.SSE, b"data: {1}\n\nevent: x\ndata: {2}", [b"{1}"], [b"{2}"]),
        (Framing.JSON, b"{1}\n{2}", [], [b"{1}\n{2}"]),
    ],
)
def test_records_are_the_same_at_every_cut_whatever_the_framing(
    framing: Framing, data: bytes, fed_records: list[bytes], last: list[bytes]
) -> None:
    for at in range(len(data) + 1):
        splitter = splitter_for(framing)
        assert splitter.feed(data[:at]) + splitter.feed(data[at:]) == fed_records
        assert splitter.finish() == last


@pytest.mark.parametrize("framing", list(Framing))
def test_a_record_over_the_limit_is_counted_and_not_handed_out(framing: Framing) -> None:
    splitter = splitter_for(framing, limit_bytes=8)
    assert splitter.feed(b"data: 0123456789") + splitter.feed(b"more") == []
    assert [record for record in splitter.finish() if record] == []
    assert splitter.overflows == 1
