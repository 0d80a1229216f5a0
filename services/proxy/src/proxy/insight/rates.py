"""How fast a model reads prompts, learnt from those that it has read. Pure.

A token costs more the more tokens stand before it: seconds a token = base + slope * depth, where
the depth of a prompt is that of its middle. Both are medians over the latest prompts, so that one
that took another time than it should have, for whatever reason, does not mislead.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import combinations
from statistics import median

KEPT = 9
"""So many of the latest prompts are looked at: a change is believed once five of them show it."""
APART = 1.5
"""Two prompts tell of the slope where one is so many times as deep as the other."""
LEAST_SLOPES = 2
DOUBLED_AT = 2000.0
"""No token costs twice the base with fewer before it. By their arithmetic that is at 4000 for the
smallest models and beyond 30000 for usual ones; what looks steeper is a machine that was busy."""
LEAST_BASE = 0.2
"""The base is at least this part of what a token cost."""

Seen = tuple[float, float]
"""The depth of a prompt in tokens, and the seconds that a token of it took."""


class ReadingRate:
    """The rate of one model."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._line: tuple[float, float] | None = None

    @property
    def is_known(self) -> bool:
        """A prompt has been seen."""
        return self._line is not None

    def learn(self, tokens: float, before: float, seconds: float) -> None:
        """A prompt of so many tokens, behind others that were there already, took so long."""
        self._seen.append((before + tokens / 2, seconds / tokens))
        self._line = line_of(self._seen)

    def seconds(self, tokens: float, before: float = 0.0) -> float:
        """How long a prompt will take; 0 while nothing is known."""
        base, slope = self._line or (0.0, 0.0)
        return tokens * (base + slope * (before + tokens / 2))

    def tokens(self, seconds: float) -> float:
        """How many are read in so long, with nothing before them; none while nothing is known."""
        base, slope = self._line or (math.inf, 0.0)
        return 2 * seconds / (base + math.sqrt(base * base + 2 * slope * seconds))


def line_of(seen: Sequence[Seen]) -> tuple[float, float]:
    """Base and slope: the median slope of pairs that lie apart (Theil and Sen's), never below 0."""
    usual = median(cost for _, cost in seen)
    steepest = usual / (DOUBLED_AT + median(depth for depth, _ in seen))
    slopes = [
        (cost - other_cost) / (depth - other_depth)
        for (depth, cost), (other_depth, other_cost) in combinations(seen, 2)
        if max(depth, other_depth) >= APART * min(depth, other_depth) > 0
    ]
    slope = median(slopes) if len(slopes) >= LEAST_SLOPES else 0.0
    slope = min(max(0.0, slope), steepest)
    base = median(cost - slope * depth for depth, cost in seen)
    return max(base, LEAST_BASE * usual), slope
