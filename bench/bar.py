"""The bar: what the proxy may cost, row by row, and whether it stays below."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.workloads import Sample

Medians = Mapping[str, Mapping[str, Sample]]
"""Workload to subject to measured name to value."""

PACE_KEPT_RATIO = 0.98


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: which value, in which unit, and how high it may be.

    `scale` turns base units into `unit`. `is_added` takes the direct value away first.
    """

    workload: str
    name: str
    title: str
    unit: str
    scale: float
    limit: float | None = None
    limits_ratio: bool = False
    is_added: bool = False


US, MS, MB, GB = 1e6, 1e3, 1e-6, 1e-9

FIGURES = (
    Figure(
        "unary_1",
        "cpu_seconds_per_request",
        "CPU per request",
        "us",
        US,
        5,
        True,
    ),
    Figure(
        "unary_16",
        "cpu_seconds_per_request",
        "CPU per request",
        "us",
        US,
        5,
        True,
    ),
    Figure(
        "streams_64",
        "cpu_seconds_per_chunk",
        "CPU per chunk",
        "us",
        US,
        2.2,
        True,
    ),
    Figure(
        "streams_1000",
        "cpu_seconds_per_chunk",
        "CPU per chunk",
        "us",
        US,
        2.2,
        True,
    ),
    Figure(
        "unary_1",
        "first_byte_p50_seconds",
        "added to the first byte, p50",
        "ms",
        MS,
        0.5,
        is_added=True,
    ),
    Figure(
        "unary_1",
        "first_byte_p99_seconds",
        "added to the first byte, p99",
        "ms",
        MS,
        is_added=True,
    ),
    Figure(
        "streams_64",
        "chunk_delay_p50_seconds",
        "added to a chunk, p50",
        "ms",
        MS,
        is_added=True,
    ),
    Figure("streams_1000", "peak_rss_bytes", "peak of resident memory", "MB", MB, 120),
    Figure("streams_1000", "rss_bytes", "resident memory in the midst", "MB", MB),
    # buffers are filled once, and then no more comes to it
    Figure("upload", "rss_growth_bytes", "growth of resident memory", "MB", MB, 10),
    Figure("upload", "cpu_seconds_per_gigabyte", "CPU per GB", "s", 1),
    Figure("upload", "bytes_per_second", "throughput", "GB/s", GB),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of each subject, in the figure's unit; None for a subject that has none."""

    figure: Figure
    direct: float | None
    nginx: float | None
    proxy: float | None

    @property
    def ratio(self) -> float | None:
        """The proxy's value in nginx's."""
        return self.proxy / self.nginx if self.nginx and self.proxy is not None else None

    @property
    def passes(self) -> bool | None:
        """Whether the proxy is within the bar; None where there is none, or nothing to judge."""
        judged = self.ratio if self.figure.limits_ratio else self.proxy
        limit = self.figure.limit
        return None if limit is None or judged is None else judged <= limit


def rows(medians: Medians) -> list[Row]:
    """All rows whose workload was measured, in the order of the table."""
    return [
        _row(figure, medians[figure.workload]) for figure in FIGURES if figure.workload in medians
    ]


def _row(figure: Figure, by_subject: Mapping[str, Sample]) -> Row:
    def value(subject: str) -> float | None:
        found = by_subject.get(subject, {}).get(figure.name)
        if found is None:
            return None
        less = by_subject["direct"][figure.name] if figure.is_added else 0.0
        return (found - less) * figure.scale

    direct = None if figure.is_added else value("direct")
    return Row(figure, direct, value("nginx"), value("proxy"))


def paces_lost(medians: Medians) -> list[str]:
    """A sentence for each subject whose chunks did not come at the rate that was asked for."""
    return [
        f"{workload}, {subject}: {100 * sample['pace_ratio']:.1f} % of the chunks came in time, "
        f"sent up to {1000 * sample['lateness_p99_seconds']:.1f} ms late (p99)"
        for workload, by_subject in medians.items()
        for subject, sample in by_subject.items()
        if sample.get("pace_ratio", 1.0) < PACE_KEPT_RATIO
    ]
