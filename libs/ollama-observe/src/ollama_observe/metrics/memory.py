"""Memory that outlives the process that writes it: numbers, and a log of whose they are.

One process writes, any other reads, at any time: there are no locks. A number is one
aligned double, stored whole. A log entry carries a checksum, so that one which is half
written, or whose writer was killed, is not taken for an entry; and its numbers come into use
only when it is whole.

Layout: WORDS doubles, the first of which identify the memory and count what found no room;
then the log: entries of checksum, first word, length, payload, up to a length of 0.
"""

import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator

WORDS = 1 << 20
LOG_BYTES = 1 << 24
"""Address space; the system gives pages only to what is used.

Half of either is enough for 100 models, each on all endpoints, both ways, with ten statuses.
"""

_MAGIC = struct.unpack("=d", b"ledger01")[0]
_DROPPED = 1
_FIRST_FREE = 2
_HEAD = struct.Struct("=III")
_LOG_START = WORDS * 8
_SIZE = _LOG_START + LOG_BYTES


class Memory:
    """A mapping of the region, shared by its file descriptor or private to this process."""

    def __init__(self, mapping: mmap.mmap, descriptor: int | None = None) -> None:
        self.bytes = mapping
        self.values = memoryview(mapping)[:_LOG_START].cast("d")
        self._descriptor = descriptor
        self._free_word = _FIRST_FREE
        self._log_end = _LOG_START
        if self.values[0] == 0.0:
            self.values[0] = _MAGIC

    @classmethod
    def private(cls) -> "Memory":
        """Memory that ends with this process."""
        return cls(mmap.mmap(-1, _SIZE))

    @classmethod
    def shared(cls) -> "Memory":
        """Memory that a child process attaches to by `descriptor`, and that outlives it."""
        descriptor = unlinked_file()
        os.ftruncate(descriptor, _SIZE)
        return cls(mmap.mmap(descriptor, _SIZE), descriptor)

    @classmethod
    def attached(cls, descriptor: int) -> "Memory":
        """The memory behind a descriptor that the parent process handed down; it is closed here.

        Raises: ValueError when there is something else behind it.
        """
        try:
            if os.fstat(descriptor).st_size != _SIZE:
                raise ValueError(f"descriptor {descriptor} is no memory of metrics")
            memory = cls(mmap.mmap(descriptor, _SIZE))
        finally:
            os.close(descriptor)
        if memory.values[0] != _MAGIC:
            memory.close()
            raise ValueError(f"descriptor {descriptor} is no memory of metrics of this version")
        return memory

    @property
    def descriptor(self) -> int:
        """What a child process is given. Raises ValueError for memory that is not shared here."""
        if self._descriptor is None:
            raise ValueError("this memory has no descriptor to hand down")
        return self._descriptor

    @property
    def is_used(self) -> bool:
        """Whether a writer has been here."""
        return any(self.entries())

    @property
    def dropped(self) -> float:
        """How many values found no room."""
        return self.values[_DROPPED]

    def drop(self) -> None:
        """Count a value that found no room."""
        self.values[_DROPPED] += 1.0

    def append(self, payload: bytes, words: int) -> int | None:
        """Log an entry that owns `words` numbers, at 0; its first word, None when it does not fit.

        Only for the one process that writes.
        """
        start, at = self._free_word, self._log_end
        end = at + _HEAD.size + len(payload)
        if start + words > WORDS or end > _SIZE:
            return None
        head = _HEAD.pack(_checksum(start, payload), start, len(payload))
        self.bytes[at:end] = head + payload
        self._free_word, self._log_end = start + words, end
        return start

    def entries(self, offset: int = 0) -> Iterator[tuple[int, bytes, int]]:
        """Entries from `offset` on: first word, payload, and the offset of the next entry."""
        at = _LOG_START + offset
        while at + _HEAD.size <= _SIZE:
            checksum, start, length = _HEAD.unpack_from(self.bytes, at)
            payload = self.bytes[at + _HEAD.size : at + _HEAD.size + length]
            if length == 0 or checksum != _checksum(start, payload):
                return
            at += _HEAD.size + length
            yield start, payload, at - _LOG_START

    def close(self) -> None:
        """Give the mapping and the descriptor back."""
        self.values.release()
        self.bytes.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _checksum(start: int, payload: bytes) -> int:
    return zlib.crc32(payload, start)


def unlinked_file(in_memory: bool = hasattr(os, "memfd_create")) -> int:
    """The descriptor of an empty file without a name, in memory where the system can."""
    if in_memory:
        return os.memfd_create("metrics")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
