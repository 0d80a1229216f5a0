"""What a loaded model really holds, held against what was reckoned for it. Pure.

Where the two are near, the difference corrects what is reckoned for another context: it is what no
formula knows. Where they are not, the model runs otherwise than was thought.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gpu_exporter.fit.cache import CacheTypes
from gpu_exporter.fit.need import Need
from gpu_exporter.fit.residents import Resident

_NEAR_RATIO = 0.1
_SAME_RATIO = 0.02

_PARALLEL = (1, 2, 3, 4, 6, 8, 16)
_TYPES = (CacheTypes("f16", "f16"), CacheTypes("q8_0", "q8_0"), CacheTypes("q4_0", "q4_0"))


@dataclass(frozen=True, slots=True)
class Measured:
    """Units: bytes. `is_whole`: all of it is on cards, or none, so that it can be compared."""

    measured: int
    reckoned: int
    context_tokens: int
    is_whole: bool

    @property
    def error_ratio(self) -> float:
        """By how much too much was reckoned; below 0: too little."""
        return self.reckoned / self.measured - 1 if self.measured else 0.0

    @property
    def is_near(self) -> bool:
        """Whether the difference is small enough to correct what is reckoned."""
        return self.is_whole and abs(self.error_ratio) <= _NEAR_RATIO

    def corrected(self, need: Need) -> Need:
        """A need, by what was measured."""
        shift = self.measured - self.reckoned if self.is_near else 0
        return replace(need, total=need.total + shift, on_card=need.on_card + shift)


def measured(one: Resident, need_as_loaded: Need) -> Measured | None:
    """A loaded model against its need with the settings it was loaded with; None: no size told."""
    if not one.memory or one.context_tokens is None:
        return None
    is_whole = not one.on_cards or not one.on_host
    reckoned = need_as_loaded.on_card if one.on_cards else need_as_loaded.total
    return Measured(one.memory, reckoned, one.context_tokens, is_whole)


def explanations(
    found: Measured, need_with: Callable[[int, CacheTypes], int]
) -> Iterator[tuple[int, CacheTypes]]:
    """Settings with which the size would be right: parallel requests, and types of the cache.

    `need_with` says what would be reckoned with them.
    """
    for parallel in _PARALLEL:
        for types in _TYPES:
            reckoned = need_with(parallel, types)
            if abs(reckoned - found.measured) <= _SAME_RATIO * found.measured:
                yield parallel, types
