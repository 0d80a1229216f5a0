"""Compressed bodies are read at every cut, within bounds, and never raise."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.encodings import Decoder, decoder_for

TEXT = '{"message":{"content":"größe"}}\n'.encode() * 20


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def zstd_of_unknown_size(data: bytes) -> bytes:
    deflater = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return deflater.compress(data) + deflater.flush()


ENCODED = [
    ("gzip", gzip.compress(TEXT, mtime=0)),
    ("X-Gzip ", gzip.compress(TEXT, mtime=0)),
    ("deflate", zlib.compress(TEXT)),
    ("deflate", raw_deflate(TEXT)),
    ("zstd", zstandard.compress(TEXT)),
    ("zstd", zstd_of_unknown_size(TEXT)),
]
NAMES = ("gzip", "deflate", "zstd")


def decoder(encoding: str, limit_bytes: int = 1 << 20) -> Decoder:
    found = decoder_for(encoding, limit_bytes)
    assert found is not None
    return found


@pytest.mark.parametrize(("encoding", "data"), ENCODED)
def test_a_body_is_read_at_every_cut(encoding: str, data: bytes) -> None:
    for at in range(len(data) + 1):
        read = decoder(encoding)
        assert read.feed(data[:at]) + read.feed(data[at:]) == TEXT
        assert not read.is_broken


def test_what_was_flushed_is_read_at_once() -> None:
    deflater = zlib.compressobj(wbits=31)
    read = decoder("gzip")
    for _ in range(3):
        piece = deflater.compress(TEXT) + deflater.flush(zlib.Z_SYNC_FLUSH)
        assert read.feed(piece) == TEXT


@pytest.mark.parametrize("encoding", ["", "br", "gzip, zstd", "identity", "aws-chunked"])
def test_what_cannot_be_read_has_no_decoder(encoding: str) -> None:
    assert decoder_for(encoding) is None


@pytest.mark.parametrize("encoding", NAMES)
def test_a_broken_body_gives_nothing_more(encoding: str) -> None:
    read = decoder(encoding)
    assert read.feed(b"\xffnonsense" * 9) == b""
    assert read.is_broken
    assert read.feed(dict(ENCODED)[encoding]) == b""


@pytest.mark.parametrize(("encoding", "data"), ENCODED)
def test_what_follows_the_end_is_neither_read_nor_kept(encoding: str, data: bytes) -> None:
    read = decoder(encoding)
    assert read.feed(data) == TEXT
    assert read.feed(b"x" * 100_000) == b""
    assert not read.is_broken


@pytest.mark.parametrize("encoding", NAMES)
def test_a_piece_that_grows_beyond_its_limit_is_given_up_before_it_has(encoding: str) -> None:
    zeros = bytes(32 << 20)
    bombs: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    data = bombs.get(encoding, zstandard.compress)(zeros)
    read = decoder(encoding, limit_bytes=1 << 20)
    tracemalloc.start()
    assert read.feed(data) == b""
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read.is_broken
    assert peak < 10 << 20


def test_a_frame_that_asks_for_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    deflater = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    read = decoder("zstd")
    assert read.feed(deflater.compress(TEXT) + deflater.flush()) == b""
    assert read.is_broken


@given(st.sampled_from(NAMES), st.lists(st.binary(max_size=40), max_size=8), st.booleans())
def test_no_bytes_make_a_decoder_raise(encoding: str, pieces: list[bytes], begins: bool) -> None:
    read = decoder(encoding)
    if begins:
        read.feed(dict(ENCODED)[encoding][:30])
    for piece in pieces:
        read.feed(piece)
