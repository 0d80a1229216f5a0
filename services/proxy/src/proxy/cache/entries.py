"""A recorded answer, as it is kept: its head, its body byte for byte, and when each part came."""

import zlib

import msgspec

from proxy.heads import ResponseHead, read_response

VERSION = 1
"""Of what is written to files and servers: another one's entries are not read."""
_OVERHEAD_BYTES = 512
"""Of one entry, beside its bytes: keys, times, what a store needs."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """An answer.

    `lines` are the head's field lines, framing included, without those that belong to one
    connection or one request; `body` is the body in its framing. `marks` are the reads in which
    it came: milliseconds since the request was sent, and how many bytes. `seconds` is how long
    the upstream took for it, from the request sent to the end. `stored_at` is Unix time.
    """

    model: str
    endpoint: str
    status_line: bytes
    lines: list[bytes]
    body: bytes
    marks: list[tuple[int, int]]
    stored_at: float
    seconds: float
    prompt_tokens: int = 0
    generated_tokens: int = 0

    @property
    def size_bytes(self) -> int:
        """What it takes to keep it."""
        lines = sum(map(len, self.lines))
        return len(self.body) + lines + 16 * len(self.marks) + _OVERHEAD_BYTES

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
