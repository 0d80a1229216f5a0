"""What the way through the Portkey gateway adds to the proxy's direct one, row by row."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.bar import MS, US, Figure, Medians
from bench.workloads import Sample

FIGURES = (
    Figure("unary_1", "cpu_seconds_per_request", "CPU per request", "us", US),
    Figure("unary_16", "cpu_seconds_per_request", "CPU per request", "us", US),
    Figure("streams_64", "cpu_seconds_per_chunk", "CPU per chunk", "us", US),
    Figure("unary_1", "first_byte_p50_seconds", "wait for the first byte, p50", "ms", MS),
    Figure("unary_1", "first_byte_p99_seconds", "wait for the first byte, p99", "ms", MS),
    Figure("streams_64", "chunk_delay_p50_seconds", "a chunk's time on its way, p50", "ms", MS),
    Figure("streams_64", "chunk_delay_p99_seconds", "a chunk's time on its way, p99", "ms", MS),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of both ways, in its unit. `proxy` and `gateway` share what CPU went through."""

    figure: Figure
    direct: float
    through: float
    proxy: float | None
    gateway: float | None

    @property
    def added(self) -> float:
        """What the way through costs more."""
        return self.through - self.direct


def rows(medians: Medians) -> list[Row]:
    """All rows whose workload went through a gateway, in the order of the table."""
    return [
        row(figure, medians[figure.workload])
        for figure in FIGURES
        if "portkey" in medians.get(figure.workload, {})
    ]


def row(figure: Figure, by_subject: Mapping[str, Sample]) -> Row:
    """One figure of both ways."""
    direct = by_subject["proxy"][figure.name] * figure.scale
    proxy = by_subject["portkey"][figure.name] * figure.scale
    cost = by_subject["portkey"].get(f"gateway_{figure.name}")
    if cost is None:
        return Row(figure, direct, proxy, None, None)
    gateway = cost * figure.scale
    return Row(figure, direct, proxy + gateway, proxy, gateway)
