"""Entries come back as they were written, or not at all."""

import random
import zlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from proxy.cache.entries import Entry, packed, unpacked
from tests.caches import an_entry

ENTRIES = st.builds(
    Entry,
    model=st.text(),
    endpoint=st.text(),
    status_line=st.binary(),
    lines=st.lists(st.binary()),
    body=st.binary(),
    marks=st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40))),
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
    assert longer.size_bytes == entry.size_bytes + len(b"X-More: line")


def _summed(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big") + data
