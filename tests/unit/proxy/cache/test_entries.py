"""Entries come back as they were written, or not at all."""

import random
import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.entries import Entry, Near, a_mark, packed, unpacked
from proxy.cache.recording import Recording
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds
from proxy.heads import read_response
from tests.caches import NOW, Gone, an_entry
from tests.flying import FIRST, HEAD, LAST, chunk

ENTRIES = st.builds(
    Entry,
    model=st.text(),
    endpoint=st.text(),
    status_line=st.binary(),
    lines=st.lists(st.binary()),
    body=st.binary(),
    marks=st.binary(),
    stored_at=st.floats(0, 1e12),
    seconds=st.floats(0, 1e9),
    prompt_tokens=st.integers(0, 2**40),
    generated_tokens=st.integers(0, 2**40),
)


@given(ENTRIES)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert unpacked(packed(entry)) == entry


def test_one_that_has_changed_in_any_bit_is_none() -> None:
    data = packed(an_entry())
    dice = random.Random(7)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << dice.randrange(8)
        assert unpacked(bytes(changed)) is None
    assert all(unpacked(data[:size]) is None for size in range(len(data)))


def test_one_of_another_version_is_none() -> None:
    data = packed(an_entry())
    assert unpacked(_summed(msgspec.msgpack.encode((2, an_entry())))) is None
    assert unpacked(_summed(msgspec.msgpack.encode((1, ["other", "fields"])))) is None
    assert unpacked(_summed(data[4:])) == an_entry()


def test_a_head_carries_further_lines() -> None:
    head = an_entry().head([b"Age: 3"])
    assert (head.status, head.headers[b"age"]) == (200, b"3")
    assert head.headers[b"content-type"] == b"application/x-ndjson"


def test_the_size_grows_with_all_that_is_kept() -> None:
    entry = an_entry(b"x" * 1000)
    longer = msgspec.structs.replace(entry, lines=[*entry.lines, b"X-More: line"])
    assert entry.size_bytes - an_entry(b"").size_bytes == 1000
    assert longer.size_bytes > entry.size_bytes + len(b"X-More: line")


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))))
def test_the_reads_are_what_was_marked(reads: list[tuple[int, int]]) -> None:
    marks = b"".join(a_mark(*read) for read in reads)
    assert list(msgspec.structs.replace(an_entry(), marks=marks).reads) == reads
    assert len(marks) == 8 * len(reads)


def test_a_read_before_it_was_asked_for_or_after_weeks_is_marked_all_the_same() -> None:
    assert a_mark(-1, 3) == a_mark(0, 3)
    assert a_mark(2**40, 3) == a_mark(2**32 - 1, 3)


@pytest.mark.parametrize(
    ("parts", "size", "count", "has_near"),
    [
        (1, 5, 1_000, False),
        (40, 5, 100, False),
        (2_000, 5, 4, False),
        (1, 50_000, 20, False),
        (1, 5, 1_000, True),
    ],
)
async def test_an_entry_takes_what_it_says(
    parts: int, size: int, count: int, has_near: bool
) -> None:
    """In memory, where nothing is in between."""
    recorded(1, 1)  # what is made once is no entry's
    store = MemoryStore(Bounds(10**6, 2**40, 60.0), Gone())
    dice = random.Random(7)
    tracemalloc.start()
    try:
        for _ in range(count):
            near = Near(dice.randbytes(32), dice.randbytes(1536)) if has_near else None
            await store.put(dice.randbytes(32), recorded(parts, size), near, NOW)
        took, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took == pytest.approx((await store.held(NOW)).size_bytes, rel=0.15)


def recorded(parts: int, size: int) -> Entry:
    """An answer of so many parts with so many letters each, as it is taken down."""
    recording = Recording(endpoint_of("/api/chat"), "m", 2**30, 0.0, b"x-request-id", lambda: NOW)
    recording.begin(read_response(HEAD + b"\r\nDate: Sun, 29 Nov 2026 00:13:26 GMT"))
    part = chunk(FIRST.replace(b'"a"', b'"%s"' % (b"x" * size)))
    for number in range(parts):
        recording.add(0.5 + number * 0.01, bytes(bytearray(part)))
    recording.add(99.0, chunk(LAST) + b"0\r\n\r\n")
    entry = recording.entry()
    assert entry is not None
    return entry


def _summed(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big") + data
