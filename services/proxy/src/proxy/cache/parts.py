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
        self._begins: list[int] = []
        """How many bytes came before each."""
        self._forgotten = 0
        self._end_bytes = 0

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def end(self) -> int:
        """The place of the next."""
        return self._forgotten + len(self._parts)

    def add(self, part: Part) -> None:
        """One more has come."""
        self._parts.append(part)
        self._begins.append(self._end_bytes)
        self._end_bytes += len(part.raw)

    def at(self, place: int) -> Part:
        """The part at a place that was not forgotten."""
        return self._parts[place - self._forgotten]

    def since(self, place: int) -> list[Part]:
        """Those from a place on that was not forgotten."""
        return self._parts[place - self._forgotten :]

    def bytes_since(self, place: int) -> int:
        """What those from a place on take."""
        number = place - self._forgotten
        return self._end_bytes - self._begins[number] if number < len(self._begins) else 0

    def forget(self, before: int) -> None:
        """Nobody needs what stands before this place."""
        number = before - self._forgotten
        del self._parts[:number]
        del self._begins[:number]
        self._forgotten = before
