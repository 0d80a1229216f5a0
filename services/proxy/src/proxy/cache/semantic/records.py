"""A question as it is kept: which weights made its embedding, and the embedding.

Nothing here can be read as text. What is not of this form is no record, and finds nothing.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

MARK_BYTES = 8
"""So much of a keyed hash says which weights made an embedding."""
_HEAD = struct.Struct(f"<{MARK_BYTES}sQ")
_FLOAT_BYTES = 4
UNLIKE = -2.0
"""Below any cosine."""
_LIMIT_NUMBERS = 16_384
_LIMIT_LENGTH = 1.001
"""Of what was normalised and rounded."""


@dataclass(frozen=True, slots=True)
class Record:
    """A question. `vector` has length 1."""

    mark: bytes
    vector: Vector

    def packed(self) -> bytes:
        """It as bytes, numbers little-endian; of one model all have one length."""
        head = _HEAD.pack(self.mark, len(self.vector))
        return head + self.vector.astype("<f4").tobytes()


def cosines(record: Record, others: Sequence[bytes]) -> tuple[list[int], Vector]:
    """Places of others that can be compared with a record, and their cosines; UNLIKE for none."""
    numbers = len(record.vector)
    head, start = _HEAD.pack(record.mark, numbers), _HEAD.size
    size = start + _FLOAT_BYTES * numbers
    places = [
        place for place, other in enumerate(others) if len(other) == size and other.startswith(head)
    ]
    rows = np.frombuffer(b"".join([others[place] for place in places]), np.uint8)
    # a view: the vectors stay where they are behind their heads
    matrix = rows.reshape(-1, size)[:, start:].view("<f4")
    with np.errstate(invalid="ignore", over="ignore"):
        found = np.asarray(matrix @ record.vector, np.float32)
    found[~(np.abs(found) <= _LIMIT_LENGTH)] = UNLIKE
    return places, np.minimum(found, np.float32(1.0))


def normalised(numbers: Sequence[float]) -> Vector | None:
    """A vector of length 1; None for what has no direction."""
    vector = np.asarray(numbers, np.float64)
    if vector.ndim != 1 or not 0 < vector.size <= _LIMIT_NUMBERS or not np.isfinite(vector).all():
        return None
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if np.isfinite(length) and length > 0 else None
