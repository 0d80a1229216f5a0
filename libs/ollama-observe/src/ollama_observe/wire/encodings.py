"""Compressed bodies to what they hold, as they arrive, within bounds.

A decoder reads a copy: it never raises, and gives up where the copy is broken or grows
beyond its limit.
Source: RFC 9110, 8.4.1 (gzip, deflate); RFC 8878 (zstd).
"""

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

# What one piece may grow to: a record of an answer is bounded by the same.
OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024

# The RFC asks nobody to support more, and a frame may ask for gigabytes.
WINDOW_LIMIT_BYTES = 8 * 1024 * 1024

# Input is given in steps that can hold 2 to 4 MiB at most, so that a piece which grows beyond
# its limit is seen before it has. Deflate grows 1032 times at most; a block of zstd takes 4
# bytes at least and holds 128 KiB at most.
_DEFLATE_STEP_BYTES = 2 * 1024
_ZSTD_STEP_BYTES = 128


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class Decoder:
    """One compressed body, piece by piece."""

    __slots__ = ("_begin", "_inflater", "_is_over", "_limit_bytes", "_step_bytes", "is_broken")

    def __init__(
        self, begin: Callable[[bytes], _Inflater], step_bytes: int, limit_bytes: int
    ) -> None:
        self._begin = begin
        self._inflater: _Inflater | None = None
        self._is_over = False
        self._step_bytes = step_bytes
        self._limit_bytes = limit_bytes
        self.is_broken = False
        """The decoder gave up: nothing more comes."""

    def feed(self, data: bytes) -> bytes:
        """What `data` holds; empty once the body has ended, and where it is broken."""
        pieces: list[bytes] = []
        size = 0
        for at in range(0, len(data), self._step_bytes):
            if self._is_over:
                break
            piece = self._step(data[at : at + self._step_bytes])
            size += len(piece)
            if size > self._limit_bytes:
                self._give_up()
                return b""
            pieces.append(piece)
        return b"".join(pieces)

    def _step(self, data: bytes) -> bytes:
        try:
            if self._inflater is None:
                self._inflater = self._begin(data)
            piece = self._inflater.decompress(data)
            self._is_over = self._inflater.eof
        except (zlib.error, zstandard.ZstdError):
            self._give_up()
            return b""
        return piece

    def _give_up(self) -> None:
        self.is_broken = self._is_over = True
        self._inflater = None


def _gzip(_data: bytes) -> _Inflater:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _deflate(data: bytes) -> _Inflater:
    """With the header of zlib, as the RFC has it, or without, as some servers do."""
    has_header = data[0] & 0x0F == zlib.DEFLATED
    return zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


def _zstd(_data: bytes) -> _Inflater:
    return zstandard.ZstdDecompressor(max_window_size=WINDOW_LIMIT_BYTES).decompressobj()


_ENCODINGS: dict[str, tuple[Callable[[bytes], _Inflater], int]] = {
    "gzip": (_gzip, _DEFLATE_STEP_BYTES),
    "x-gzip": (_gzip, _DEFLATE_STEP_BYTES),
    "deflate": (_deflate, _DEFLATE_STEP_BYTES),
    "zstd": (_zstd, _ZSTD_STEP_BYTES),
}


def decoder_for(encoding: str, limit_bytes: int = OUTPUT_LIMIT_BYTES) -> Decoder | None:
    """A decoder for a Content-Encoding; None for what cannot be read, several ones included.

    `limit_bytes` is what one piece may grow to.
    """
    found = _ENCODINGS.get(encoding.strip().lower())
    return None if found is None else Decoder(*found, limit_bytes)
