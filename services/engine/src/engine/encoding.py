"""JSON as Ollama's encoder writes it.

Source: Go, encoding/json: no spaces, `<`, `>`, `&` and the two Unicode line separators
escaped inside strings, float32 values with the fewest digits that give them back.
"""

import json
import struct
from datetime import UTC, datetime
from typing import Any

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_NANOSECONDS = 10**9
_FLOAT32 = struct.Struct("<f")


def encode(value: Any) -> bytes:
    """One JSON document on one line, without the line end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES).encode()  # these characters occur only inside strings


def timestamp(nanoseconds: int) -> str:
    """A moment since 1970 as RFC 3339 in UTC, with nanoseconds but no trailing zeros."""
    seconds, rest = divmod(nanoseconds, _NANOSECONDS)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def shortest_float32(value: float) -> float:
    """The number with the fewest digits that is the same 32-bit float as `value`."""
    packed = _FLOAT32.pack(value)
    for digits in range(6, 9):
        candidate = float(f"{value:.{digits}g}")
        if _FLOAT32.pack(candidate) == packed:
            return candidate
    return float(f"{value:.9g}")
