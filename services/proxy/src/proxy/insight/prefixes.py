"""How much of a prompt the model has read before, with another one: what it need not read again.

A conversation comes back longer by a turn, and Ollama's prompt cache holds what was before. So of
each long prompt its length is kept, and short checksums of how it begins: from 1 KiB on, four to
every doubling. They tell how far two prompts are the same. The text is not kept. But whoever reads
them in the process's memory can check with them a text that he guesses, and so find what is short
where he knows the rest; docs/MEASUREMENT.md says so.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple
from zlib import crc32

_STEPS = 4
_OCTAVES = range(10, 21)
POSITIONS = tuple(
    2**octave * (_STEPS + step) // _STEPS for octave in _OCTAVES for step in range(_STEPS)
)
"""Of a text so many bytes are summed, and so many, and so on; from 1 KiB to 1.75 MiB."""
KEPT = 16
"""So many of a model's latest prompts are compared."""
_BITS = 0xFFFF
"""What is kept of each sum: of 65536 other texts one is taken for the same."""


class Fingerprint(NamedTuple):
    """Checksums of a text: of its beginning up to each position that it reaches, and of all."""

    marks: "array[int]"
    whole: int
    size_bytes: int


class Reuse(NamedTuple):
    """What of a prompt was read before."""

    tokens: float
    age: int
    """How many other prompts were read since."""


class _Read(NamedTuple):
    text: Fingerprint
    tokens: float
    answer_tokens: int


def sums_of(text: bytes, sizes: Iterable[int]) -> "array[int]":
    """Of so many first bytes, and so many, the checksum; the sizes ascend.

    A mebibyte takes a third of a millisecond.
    """
    found, view, checksum, at = array("H"), memoryview(text), 0, 0
    for size in sizes:
        checksum = crc32(view[at:size], checksum)
        found.append(checksum & _BITS)
        at = size
    return found


def fingerprint_of(text: bytes) -> Fingerprint:
    """Sum a text up."""
    size = len(text)
    sums = sums_of(text, (*takewhile(lambda position: position <= size, POSITIONS), size))
    return Fingerprint(sums[:-1], sums[-1], size)


def alike(one: Fingerprint, other: Fingerprint) -> int:
    """How many bytes two texts have in common from the beginning, to the last position."""
    # what differs at one position differs at all that follow
    places = range(min(len(one.marks), len(other.marks)))
    same = bisect_left(places, True, key=lambda place: one.marks[place] != other.marks[place])
    return POSITIONS[same - 1] if same else 0


class Prefixes:
    """The prompts that one model has read of late."""

    def __init__(self) -> None:
        self._read: deque[_Read] = deque(maxlen=KEPT)

    def read(self, text: Fingerprint, tokens: float, answer_tokens: int) -> None:
        """A prompt was read, and answered. `answer_tokens`: those that come back with it."""
        self._read.appendleft(_Read(text, tokens, answer_tokens))

    def reuse(self, text: bytes, own: Fingerprint) -> Reuse | None:
        """What of a text was read before with one of them; None where no beginning is the same."""
        same = [alike(read.text, own) for read in self._read]
        may_be_whole = zip(self._read, same, strict=True)
        sizes = sorted({r.text.size_bytes for r, size in may_be_whole if _may_begin(own, r, size)})
        sums = dict(zip(sizes, sums_of(text, sizes), strict=True))
        found = [
            Reuse(_tokens(read, size, sums), age)
            for age, (read, size) in enumerate(zip(self._read, same, strict=True))
        ]
        best = max(found, default=None, key=lambda reuse: reuse.tokens)
        return best if best is not None and best.tokens > 0 else None


def _may_begin(own: Fingerprint, read: _Read, same: int) -> bool:
    """Whether a text may begin with all that was read, of which so much is the same."""
    marks = len(read.text.marks)
    return marks > 0 and POSITIONS[marks - 1] == same and read.text.size_bytes <= own.size_bytes


def _tokens(read: _Read, same: int, sums: dict[int, int]) -> float:
    """How many were read before, if the texts are the same so far; `sums` of the longer one."""
    if same == 0:
        return 0.0
    if sums.get(read.text.size_bytes) == read.text.whole:
        return read.tokens + read.answer_tokens
    return read.tokens * same / read.text.size_bytes
