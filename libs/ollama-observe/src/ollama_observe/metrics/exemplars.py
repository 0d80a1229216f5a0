"""An exemplar in memory: the trace of a bucket's latest observation, sealed.

It is written while others read: one that is half written does not carry its seal.
"""

import struct
import zlib
from dataclasses import dataclass

_LAYOUT = struct.Struct("=16sdd")
_SEAL = struct.Struct("=Q")

SIZE = _LAYOUT.size + _SEAL.size
"""In bytes."""
WORDS = SIZE // 8
"""In doubles."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """The trace of a bucket's latest observation. Units: `at` is seconds since 1970."""

    trace_id: str
    value: float
    at: float


def pack(trace_id: str, value: float, at: float) -> bytes:
    """As it lies in memory; a trace id is 32 hex digits."""
    checked = _LAYOUT.pack(bytes.fromhex(trace_id), value, at)
    return checked + _SEAL.pack(zlib.crc32(checked))


def unpack(raw: bytes) -> Exemplar | None:
    """None where there is none, or while it is being written."""
    checked = raw[: _LAYOUT.size]
    trace_id, value, at = _LAYOUT.unpack(checked)
    if at == 0.0 or raw[_LAYOUT.size :] != _SEAL.pack(zlib.crc32(checked)):
        return None
    return Exemplar(trace_id.hex(), value, at)
