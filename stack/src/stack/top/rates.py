"""What happened between two readings of counters: rates, and quantiles of histograms. Pure.

A counter that fell has begun anew with its process: what it has now is what it grew by. A series
that was not there before was at 0.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

Buckets = Mapping[float, float]
"""Observations up to an upper edge, by the edge: cumulative, as Prometheus has them."""


_CLOCKS_SECONDS = 2.0
"""By how much a process may seem older than it is: dates have whole seconds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one proxy has counted since it began. Where it tells: `began` is when that was, as Unix
    time, and `age_seconds` how long ago by its own clock."""

    requests: float = 0.0
    generated_tokens: float = 0.0
    prompt_tokens: float = 0.0
    errors: Mapping[str, float] = field(default_factory=dict)
    ttft: Buckets = field(default_factory=dict)
    began: float | None = None
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much counts grew within `seconds`; 0 where nothing is known."""

    seconds: float = 0.0
    requests: float = 0.0
    generated_tokens: float = 0.0
    errors: Mapping[str, float] = field(default_factory=dict)
    ttft: Buckets = field(default_factory=dict)

    @property
    def requests_per_second(self) -> float | None:
        """Requests that ended; None where nothing is known."""
        return self.requests / self.seconds if self.seconds > 0 else None

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens generated; None where nothing is known."""
        return self.generated_tokens / self.seconds if self.seconds > 0 else None

    def __add__(self, other: "Growth") -> "Growth":
        """What it was in both, one after the other."""
        return Growth(
            self.seconds + other.seconds,
            self.requests + other.requests,
            self.generated_tokens + other.generated_tokens,
            summed((self.errors, other.errors)),
            summed((self.ttft, other.ttft)),
        )

    def part(self, share: float) -> "Growth":
        """What flows evenly, time and tokens, of a part of its time."""
        return Growth(self.seconds * share, generated_tokens=self.generated_tokens * share)


def together(each: Collection[Growth]) -> Growth:
    """What several proxies did in one stretch of time, of which each may know a part."""
    seconds = max((one.seconds for one in each), default=0.0)
    per_second = sum(one.generated_tokens / one.seconds for one in each if one.seconds > 0)
    return Growth(
        seconds,
        sum(one.requests for one in each),
        per_second * seconds,
        summed(one.errors for one in each),
        summed(one.ttft for one in each),
    )


def growth(before: Counts, after: Counts, seconds: float) -> Growth:
    """From one reading to the next, so many seconds later; of a process that began in between, from
    then on. Nothing where the later one is of another process that was there before: several
    proxies may stand behind one address."""
    if _is_reset(before, after):
        age = seconds if after.age_seconds is None else max(0.0, after.age_seconds)
        if age > seconds + _CLOCKS_SECONDS:
            return Growth()
        before, seconds = Counts(), min(seconds, age)
    return Growth(
        seconds,
        after.requests - before.requests,
        after.generated_tokens - before.generated_tokens,
        {name: count for name, count in _less(after.errors, before.errors).items() if count > 0},
        _less(after.ttft, before.ttft),
    )


def _is_reset(before: Counts, after: Counts) -> bool:
    if before.began is not None and after.began is not None and before.began != after.began:
        return True
    pairs = (
        (before.requests, after.requests),
        (before.generated_tokens, after.generated_tokens),
        (observations(before.ttft), observations(after.ttft)),
    )
    return any(was > now for was, now in pairs)


def summed(each: Iterable[Mapping[Key, float]]) -> dict[Key, float]:
    """Sums by key."""
    sums: dict[Key, float] = defaultdict(float)
    for one in each:
        for key, value in one.items():
            sums[key] += value
    return dict(sums)


def _less(after: Mapping[Key, float], before: Mapping[Key, float]) -> dict[Key, float]:
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


def edges(counts: Mapping[str, float]) -> dict[float, float]:
    """Buckets by the texts of their edges. Raises: ValueError where one is no edge."""
    found = {float(text): count for text, count in counts.items()}
    if any(map(math.isnan, found)):
        raise ValueError("expected the edge of a bucket, found NaN")
    return found


def observations(buckets: Buckets) -> float:
    """How many there were in all."""
    return buckets.get(math.inf, 0.0)


def quantile(buckets: Buckets, rank: float) -> float | None:
    """A quantile as PromQL's histogram_quantile() has it: None of nothing, else even within a
    bucket; above the last edge, that edge."""
    wanted = rank * observations(buckets)
    if observations(buckets) <= 0:
        return None
    low, below = 0.0, 0.0
    for edge in sorted(buckets):
        if buckets[edge] >= wanted and buckets[edge] > below:
            if math.isinf(edge):
                return low
            return low + (edge - low) * (wanted - below) / (buckets[edge] - below)
        if not math.isinf(edge):
            low, below = edge, buckets[edge]
    return low
