"""What is left of an answer when the first who waited for it leaves in mid-answer.

The upstream's work is measured of the first one. What that one has not got is read on to the end,
for others or because it has come already, so that the tokens of the upstream are counted once.
"""

from collections.abc import Callable, Iterable

from proxy.cache.parts import Part
from proxy.outcomes import Ending
from proxy.witness import Rest


class Estate:
    """Empty until somebody has `left`."""

    _rest: Rest | None = None
    """Who takes note of what comes."""
    _is_owed = False
    """What was measured of one that has left is another's answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def left(self, rest: Rest, missed: Iterable[Part]) -> None:
        """The first has left, and has not got these."""
        for part in missed:
            rest.pieces_received(part.at, part.pieces)
        self._rest, self._is_owed = rest, True

    def pieces_received(self, at: float, pieces: list[bytes]) -> None:
        """See Rest."""
        if self._rest is not None:
            self._rest.pieces_received(at, pieces)

    def ended(self, ending: Ending) -> None:
        """Nothing more comes."""
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.ended(self._clock(), ending)

    def pay(self) -> bool:
        """Whether an answer that was just given whole is the one that was measured of who left.

        Once: nothing was saved by it, but by all others.
        """
        is_owed, self._is_owed = self._is_owed, False
        return is_owed
