"""The parts of an answer on its way, as long as somebody needs them."""

from typing import NamedTuple


class Part(NamedTuple):
    """What one read brought: see Asker.body_received."""

    at: float
    raw: bytes
    pieces: list[bytes]
    is_done: bool


class Parts:
    """Parts by their place in the answer, from 0. Those that are forgotten keep their places."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._forgotten = 0
        self.size_bytes = 0
        """Of those that are here."""

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def end(self) -> int:
        """The place of the next."""
        return self._forgotten + len(self._parts)

    def add(self, part: Part) -> None:
        """One more has come."""
        self._parts.append(part)
        self.size_bytes += len(part.raw)

    def at(self, place: int) -> Part:
        """The part at a place that was not forgotten."""
        return self._parts[place - self._forgotten]

    def forget(self, before: int) -> None:
        """Nobody needs what stands before this place."""
        gone = self._parts[: before - self._forgotten]
        self.size_bytes -= sum(len(part.raw) for part in gone)
        del self._parts[: len(gone)]
        self._forgotten = before
