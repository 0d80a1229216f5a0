"""The last minutes in slots of a few seconds, for lines of them and for rates over some of them.

Slots are counted on a clock in seconds, which is the caller's.
"""

import math
from collections.abc import Sequence

from stack.top.rates import Growth, together

SLOT_SECONDS = 5.0
KEPT_SECONDS = 1200.0
"""The widest terminal that is worth the memory."""

_OWN, _TOLD = 0, 1


class History:
    """What each proxy did in each slot: by own readings, or where there are none, as told."""

    def __init__(self, slot_seconds: float = SLOT_SECONDS) -> None:
        self.slot_seconds = slot_seconds
        self._slots: dict[int, tuple[dict[str, Growth], dict[str, Growth]]] = {}

    def add(self, who: str, begin: float, end: float, grown: Growth) -> None:
        """An own reading: what a proxy did from one instant to the next."""
        self._spread(_OWN, who, begin, end, grown)

    def fill(self, told: Sequence[tuple[str, float, float, Growth]]) -> None:
        """What somebody else has seen, in place of what was told before; none of it counts where
        there are own readings."""
        for _, others in self._slots.values():
            others.clear()
        for who, begin, end, grown in told:
            self._spread(_TOLD, who, begin, end, grown)

    def slots(self, count: int, now: float) -> list[Growth | None]:
        """The latest so many, the oldest first, of all proxies; None of what nothing is known."""
        last = self._index(now)
        return [self._slot(index) for index in range(last - count + 1, last + 1)]

    def over(self, seconds: float, now: float) -> Growth:
        """The latest slots as one."""
        known = self.slots(round(seconds / self.slot_seconds), now)
        return sum((slot for slot in known if slot is not None), Growth())

    def _slot(self, index: int) -> Growth | None:
        own, told = self._slots.get(index, ({}, {}))
        return together((own or told).values()) if own or told else None

    def _spread(self, place: int, who: str, begin: float, end: float, grown: Growth) -> None:
        """Time and tokens go to the slots in which they were; what happens at an instant, to the
        last, which is where it was seen."""
        if end <= begin or grown.seconds <= 0:
            return
        last = math.ceil(end / self.slot_seconds) - 1  # an end at an edge is not of the next
        for index in range(max(self._index(begin), last - self._most), last + 1):
            edge = index * self.slot_seconds
            inside = min(end, edge + self.slot_seconds) - max(begin, edge)
            share = max(0.0, inside) / (end - begin)
            part = grown.part(share)
            if index == last:
                part = Growth(
                    part.seconds, grown.requests, part.generated_tokens, grown.errors, grown.ttft
                )
            slot = self._slots.setdefault(index, ({}, {}))[place]
            slot[who] = slot.get(who, Growth()) + part
        self._forget(last)

    def _forget(self, last: int) -> None:
        for index in [index for index in self._slots if index < last - self._most]:
            del self._slots[index]

    def _index(self, at: float) -> int:
        return math.floor(at / self.slot_seconds)

    @property
    def _most(self) -> int:
        return round(KEPT_SECONDS / self.slot_seconds)
