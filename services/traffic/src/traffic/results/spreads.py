"""Distributions in a few figures, exact: from all values, not from buckets. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution: how many values, their mean, and values below which a share of them lies."""

    count: int
    mean: float
    minimum: float
    p5: float
    p50: float
    p90: float
    p95: float
    p99: float
    p999: float
    maximum: float


STATISTICS = {
    "mean": "mean",
    "p50": "p50",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
    "p99.9": "p999",
    "max": "maximum",
}
"""What people call a figure of a spread, and the field that holds it."""

_SHARES = (0.05, 0.50, 0.90, 0.95, 0.99, 0.999)


def statistic(values: Spread, name: str) -> float:
    """A figure by the name that people call it."""
    return float(getattr(values, STATISTICS[name]))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie, linear between neighbours.

    Raises: ValueError for no values.
    """
    return of_sorted(sorted(values), share)


def of_sorted(ordered: Sequence[float], share: float) -> float:
    """The same of values that are in order. Raises: ValueError for no values."""
    if not ordered:
        raise ValueError("a percentile needs at least one value")
    place = (len(ordered) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: Iterable[float | None]) -> Spread | None:
    """The figures of the values that are there; None when none is."""
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    p5, p50, p90, p95, p99, p999 = (of_sorted(ordered, share) for share in _SHARES)
    return Spread(
        count=len(ordered),
        mean=math.fsum(ordered) / len(ordered),
        minimum=ordered[0],
        p5=p5,
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        p999=p999,
        maximum=ordered[-1],
    )
