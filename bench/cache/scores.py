"""How often guards and threshold are right about pairs, alone and together. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.cache.pairs import Label, Pair
from proxy.cache.semantic.guards import guard
from proxy.cache.semantic.records import Vector

STEPS = tuple(step / 1000 for step in range(850, 1000, 5))
"""Thresholds that are tried."""
_Z95 = 1.6449
"""One-sided, 95 %."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a pair before a threshold is chosen. `agrees`: the guards find the same."""

    pair: Pair
    cosine: float
    agrees: bool

    @property
    def is_same(self) -> bool:
        """Whether one answer serves both."""
        return self.pair.label is Label.SAME


@dataclass(frozen=True, slots=True)
class Score:
    """Of so many pairs that mean the same, and those that do not, so many were taken for it."""

    same: int
    other: int
    right: int
    wrong: int

    @property
    def precision(self) -> float | None:
        """Right ones among those that were taken; None where none was."""
        taken = self.right + self.wrong
        return self.right / taken if taken else None

    @property
    def recall(self) -> float | None:
        """Those that were taken among those that mean the same."""
        return self.right / self.same if self.same else None

    @property
    def least_precision(self) -> float | None:
        """What precision is above, at 95 %: Wilson's bound."""
        taken = self.right + self.wrong
        if not taken:
            return None
        share, z2 = self.right / taken, _Z95**2
        middle = share + z2 / (2 * taken)
        spread = _Z95 * math.sqrt(share * (1 - share) / taken + z2 / (4 * taken**2))
        return (middle - spread) / (1 + z2 / taken)

    def facts(self) -> dict[str, float | int | None]:
        """It for the JSON."""
        return {
            **asdict(self),
            "precision": self.precision,
            "recall": self.recall,
            "least_precision": self.least_precision,
        }


def judge(pairs: Sequence[Pair], vectors: Mapping[str, Vector]) -> list[Judged]:
    """Judge each pair by what the cache looks at."""
    return [
        Judged(pair, float(vectors[pair.a] @ vectors[pair.b]), guard(pair.a) == guard(pair.b))
        for pair in pairs
    ]


def score(judged: Sequence[Judged], is_hit: Callable[[Judged], bool]) -> Score:
    """How often a rule is right."""
    counted = Counter((one.is_same, is_hit(one)) for one in judged)
    same, other = counted[True, True] + counted[True, False], counted[False, True]
    return Score(same, other + counted[False, False], counted[True, True], other)


def methods(judged: Sequence[Judged], threshold: float) -> dict[str, Score]:
    """Guards alone, threshold alone, and both."""
    return {
        "guards": score(judged, lambda one: one.agrees),
        "threshold": score(judged, lambda one: one.cosine >= threshold),
        "both": score(judged, lambda one: one.agrees and one.cosine >= threshold),
    }


def by(
    judged: Sequence[Judged], threshold: float, name: Callable[[Pair], str]
) -> dict[str, dict[str, Score]]:
    """The methods for each group of pairs."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(name(one.pair), []).append(one)
    return {group: methods(groups[group], threshold) for group in sorted(groups)}


def sweep(judged: Sequence[Judged]) -> dict[float, dict[str, Score]]:
    """The methods at each threshold."""
    return {step: methods(judged, step) for step in STEPS}


def least_clean(judged: Sequence[Judged]) -> float:
    """The cosine of the nearest pair that agrees and does not mean the same."""
    return max((one.cosine for one in judged if one.agrees and not one.is_same), default=0.0)


def wrong(judged: Sequence[Judged], threshold: float) -> list[Judged]:
    """Pairs that were taken for the same and are not, the nearest first."""
    found = [x for x in judged if x.agrees and x.cosine >= threshold and not x.is_same]
    return sorted(found, key=lambda one: -one.cosine)
