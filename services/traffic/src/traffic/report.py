"""Attempts to the figures of a run. Pure.

Latencies and rates are of requests that got their whole answer; failures are counted.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from traffic.attempt import Attempt
from traffic.plan import Plan
from traffic.routes import Way


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution in four figures, exact: from all values, not from buckets."""

    count: int
    p50: float
    p95: float
    maximum: float


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Failures of one kind, with what was said about the first."""

    kind: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What some requests came to. Units: seconds, tokens per second; None without values."""

    ok: int
    failed: int
    ttft_seconds: Spread | None
    end_to_end_seconds: Spread | None
    reported_tokens_per_second: Spread | None
    seen_tokens_per_second: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Figures):
    """What a whole run came to, and the requests of each way that was taken."""

    planned_requests: int
    unasked: int
    """Planned, but interrupted, or after a turn that failed."""
    errors: tuple[ErrorGroup, ...]
    ways: Mapping[Way, Figures]
    """In the order of `Way`, without those that no request took."""
    prompt_tokens: int
    generated_tokens: int
    duration_seconds: float


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie, linear between neighbours.

    Raises: ValueError for no values.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: Iterable[float | None]) -> Spread | None:
    """The figures of the values that are there; None when none is."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    return Spread(len(present), percentile(present, 0.50), percentile(present, 0.95), max(present))


def figures(attempts: Sequence[Attempt]) -> Figures:
    """The figures of some requests."""
    whole = [attempt for attempt in attempts if attempt.is_ok]
    return Figures(
        ok=len(whole),
        failed=len(attempts) - len(whole),
        ttft_seconds=spread(attempt.ttft_seconds for attempt in whole),
        end_to_end_seconds=spread(attempt.end_to_end_seconds for attempt in whole),
        reported_tokens_per_second=spread(item.reported_tokens_per_second for item in whole),
        seen_tokens_per_second=spread(item.seen_tokens_per_second for item in whole),
    )


def summarise(plan: Plan, attempts: Sequence[Attempt], duration_seconds: float) -> Summary:
    """The figures of `attempts`, which are those of `plan` that ended."""
    total = figures(attempts)
    usages = [attempt.usage for attempt in attempts if attempt.usage is not None]
    return Summary(
        ok=total.ok,
        failed=total.failed,
        ttft_seconds=total.ttft_seconds,
        end_to_end_seconds=total.end_to_end_seconds,
        reported_tokens_per_second=total.reported_tokens_per_second,
        seen_tokens_per_second=total.seen_tokens_per_second,
        planned_requests=plan.requests,
        unasked=plan.requests - len(attempts),
        errors=_errors(attempts),
        ways=_by_way(attempts),
        prompt_tokens=sum(usage.prompt_tokens or 0 for usage in usages),
        generated_tokens=sum(usage.generated_tokens or 0 for usage in usages),
        duration_seconds=duration_seconds,
    )


def _by_way(attempts: Sequence[Attempt]) -> dict[Way, Figures]:
    taken = {attempt.way for attempt in attempts}
    return {
        way: figures([attempt for attempt in attempts if attempt.way is way])
        for way in Way
        if way in taken
    }


def _errors(attempts: Sequence[Attempt]) -> tuple[ErrorGroup, ...]:
    counts = Counter(attempt.error for attempt in attempts if attempt.error is not None)
    first = {attempt.error: attempt.detail for attempt in reversed(attempts)}
    return tuple(ErrorGroup(kind, count, first[kind]) for kind, count in counts.most_common())
