"""What the answer cache costs a request that misses, and how soon one that hits is answered."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.bar import MS, US, Figure, Medians
from bench.subjects import HITS, MISSES
from bench.workloads import Sample

FIGURES = (
    Figure("unary_1", "cpu_seconds_per_request", "CPU per request", "us", US),
    Figure("unary_16", "cpu_seconds_per_request", "CPU per request", "us", US),
    Figure("streams_64", "cpu_seconds_per_chunk", "CPU per chunk", "us", US),
    Figure("unary_1", "first_byte_p50_seconds", "wait for the first byte, p50", "ms", MS, 1),
    Figure("unary_1", "first_byte_p99_seconds", "wait for the first byte, p99", "ms", MS),
    Figure("streams_64", "chunk_delay_p50_seconds", "a chunk's time on its way, p50", "ms", MS),
)
"""A limit is that of a hit."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure without the cache and with it, in its unit; of streams there are no hits."""

    figure: Figure
    off: float
    misses: float
    hits: float | None

    @property
    def passes(self) -> bool | None:
        """Whether a hit is within its limit; None where there is none."""
        limit = self.figure.limit
        return None if limit is None or self.hits is None else self.hits < limit


def rows(medians: Medians) -> list[Row]:
    """All rows whose workload was measured with the cache, in the order of the table."""
    return [
        row(figure, medians[figure.workload])
        for figure in FIGURES
        if MISSES in medians.get(figure.workload, {})
    ]


def row(figure: Figure, by_subject: Mapping[str, Sample]) -> Row:
    """One figure of each."""
    off, misses = (by_subject[name][figure.name] * figure.scale for name in ("proxy", MISSES))
    hits = by_subject[HITS][figure.name] * figure.scale if HITS in by_subject else None
    return Row(figure, off, misses, hits)
