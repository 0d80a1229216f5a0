"""A recorded answer, as it is kept: its head, its body byte for byte, and when each part came."""

import struct
import zlib
from collections.abc import Iterator

import msgspec

from proxy.heads import ResponseHead, read_response

VERSION = 1
"""Of what is written to files and servers: another one's entries are not read."""
_OVERHEAD_BYTES = 640
"""Of one entry, beside its bytes: keys, times, what a store needs. Measured, as the next two."""
_LINE_BYTES = 48
"""Of one line, likewise."""
_NEAR_BYTES = 256
"""Of what it is found by beside its key, likewise."""
_MARK = struct.Struct("<II")
_MOST_MS = 2**32 - 1


def a_mark(milliseconds: int, size_bytes: int) -> bytes:
    """One read of an answer: milliseconds since the request was sent, and how many bytes came."""
    return _MARK.pack(min(max(0, milliseconds), _MOST_MS), size_bytes)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """An answer.

    `lines` are the head's field lines, framing included, without those that belong to one
    connection or one request; `body` is the body in its framing. `marks` are the reads in which
    it came, one after the other as `a_mark` packs them: of small ones there are thousands.
    `seconds` is how long the upstream took for it, from the request sent to the end. `stored_at`
    is Unix time.
    """

    model: str
    endpoint: str
    status_line: bytes
    lines: list[bytes]
    body: bytes
    marks: bytes
    stored_at: float
    seconds: float
    prompt_tokens: int = 0
    generated_tokens: int = 0

    @property
    def size_bytes(self) -> int:
        """What it takes to keep it."""
        lines = sum(len(line) + _LINE_BYTES for line in self.lines)
        return len(self.body) + lines + len(self.marks) + _OVERHEAD_BYTES

    @property
    def reads(self) -> Iterator[tuple[int, int]]:
        """The reads in which the body came: milliseconds since the request was sent, and bytes."""
        return _MARK.iter_unpack(self.marks)

    def head(self, more: list[bytes]) -> ResponseHead:
        """The head, with further field lines."""
        return read_response(b"\r\n".join([self.status_line, *self.lines, *more]))


class Near(msgspec.Struct, frozen=True):
    """What an entry is found by whose question only means the same.

    `bucket` says what must be identical, as a keyed hash; `vector` is the question's embedding,
    of length 1, as little-endian 32-bit floats.
    """

    bucket: bytes
    vector: bytes

    @property
    def size_bytes(self) -> int:
        """What it takes to keep it."""
        return len(self.vector) + _NEAR_BYTES


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[int, Entry])
_SUM_BYTES = 4


def packed(entry: Entry) -> bytes:
    """An entry for a file or a server, with a sum by which it is seen that it has changed."""
    data = _encoder.encode((VERSION, entry))
    return zlib.crc32(data).to_bytes(_SUM_BYTES, "big") + data


def unpacked(data: bytes) -> Entry | None:
    """The entry again; None for what is none of this version, or not what was written."""
    told, data = data[:_SUM_BYTES], data[_SUM_BYTES:]
    if zlib.crc32(data).to_bytes(_SUM_BYTES, "big") != told:
        return None
    try:
        version, entry = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return entry if version == VERSION else None
