"""A machine as the files of its /proc and /sys, and what a collector reads of it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from gpu_exporter.collector import Collector
from gpu_exporter.machine.procfs import point_psutil_at

Series = tuple[str, ...]
"""Name of a metric, then the values of its labels."""


def write(root: Path, files: Mapping[str, str]) -> None:
    """Lay out files below `root`; the folders that they need are made."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _forget_disks() -> None:
    forget: Callable[[], None] = getattr(psutil.disk_io_counters, "cache_clear")  # noqa: B009
    forget()  # psutil's type stubs do not know it


@contextlib.contextmanager
def psutil_reading(proc: Path) -> Iterator[None]:
    """Point psutil at a /proc while the block runs, and have it forget what it knew of another."""
    before = psutil.PROCFS_PATH
    _forget_disks()
    point_psutil_at(proc)
    try:
        yield
    finally:
        point_psutil_at(Path(before))
        _forget_disks()


def read(collector: Collector) -> dict[Series, float]:
    """One turn of a collector, which must tell its series apart and name them all as its own."""
    found = tuple(collector.collect())
    assert {reading.metric for reading in found} <= set(collector.metrics)
    assert all(len(reading.labels) == len(reading.metric.labels) for reading in found)
    series = {(reading.metric.name, *reading.labels): reading.value for reading in found}
    assert len(series) == len(found)
    return series
