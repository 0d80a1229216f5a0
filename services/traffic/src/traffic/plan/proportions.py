"""In which order things of different weight take turns, so that each has its share. Pure.

After every turn, not only at the end, each thing has had its share of the turns so far to
within one. Source: R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32
(1980): a thing's next turn is due within bounds that follow from its weight, and the one that
is due first takes it.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import count as counting
from itertools import islice
from typing import Any, TypeVar

K = TypeVar("K")

DEAL = 100
"""How many turns are shuffled at a time: shares are exact to within one after each deal."""


def digest(*parts: object) -> bytes:
    """What stands for a draw: the same on every machine and every Python."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).digest()


def taking_turns(weights: Mapping[K, float], first: Callable[[K], Any]) -> Iterator[K]:
    """Who has each turn, without end. Of those due at the same turn, the least of `first`.

    `first` is asked at every turn anew. Weights must be above 0.
    """
    parts, whole = _whole_numbers(weights)
    had = dict.fromkeys(parts, 0)
    slack = max(2 * len(parts) - 2, 1)  # the n-th part of a turn
    opens = {key: _first_turn(0, slack, part, whole) for key, part in parts.items()}
    due = {key: _last_turn(0, slack, part, whole) for key, part in parts.items()}
    for turn in counting(1):
        key = min(
            (key for key in parts if opens[key] <= turn), key=lambda key: (due[key], first(key))
        )
        yield key
        had[key] += 1
        opens[key] = _first_turn(had[key], slack, parts[key], whole)
        due[key] = _last_turn(had[key], slack, parts[key], whole)


def _whole_numbers(weights: Mapping[K, float]) -> tuple[dict[K, int], int]:
    """Weights as they are written, in proportion, and their sum."""
    parts = {key: Fraction(str(weight)) for key, weight in weights.items()}
    scale = math.lcm(*(part.denominator for part in parts.values()))
    whole = {key: int(part * scale) for key, part in parts.items()}
    return whole, sum(whole.values())


def _first_turn(had: int, slack: int, part: int, whole: int) -> int:
    """Before it, one turn more than it `had` would be too many."""
    return -(-(had * slack + 1) * whole // (slack * part))


def _last_turn(had: int, slack: int, part: int, whole: int) -> int:
    """After it, no turn more than it `had` would be too few."""
    return ((had + 1) * slack - 1) * whole // (slack * part) + 1


def dealt(weights: Mapping[K, float], seed: int, name: str, count: int | None) -> Iterator[K]:
    """Who has each of `count` turns, or turns without end, in an order that the seed draws.

    `name` is what is drawn, so that two draws of one seed do not go together.
    """
    some = {key: weight for key, weight in weights.items() if weight > 0}
    order = list(some)
    turns = taking_turns(some, order.index)
    for number in counting():
        size = DEAL if count is None else min(DEAL, count - number * DEAL)
        if size <= 0:
            return
        deal = list(islice(turns, size))
        for place in sorted(range(size), key=lambda place: digest(seed, name, number, place)):
            yield deal[place]
