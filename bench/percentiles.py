"""Percentiles of measured values."""

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], rank: int) -> float:
    """The `rank`-th percentile, interpolated; of one value, that value."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1]
