"""A machine as the files of its /proc and /sys, and what a collector reads of it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from gpu_exporter.board import Board
from gpu_exporter.collector import Collector, Context
from gpu_exporter.gpu import Gpu
from gpu_exporter.machine.procfs import point_psutil_at
from gpu_exporter.settings import GpuExporterSettings

Series = tuple[str, ...]
"""Name of a metric, then the values of its labels."""


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class NoCards:
    """A backend of a machine without GPUs."""

    name = "none"
    return_code: int | None = None

    def read(self) -> Sequence[Gpu]:
        return ()

    def close(self) -> None:
        pass


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


def context_of(
    root: Path | None = None,
    models_dir: Path | None = None,
    clock: Callable[[], float] | None = None,
) -> Context:
    """What a collector is made with: of the machine below `root`, or of this one."""
    folder = Path("/") if root is None else root
    settings = GpuExporterSettings(
        host_proc=folder / "proc", host_sys=folder / "sys", models_dir=models_dir
    )
    return Context(settings, Board(), NoCards(), clock or Clock())


def read(collector: Collector) -> dict[Series, float]:
    """One turn of a collector, which must tell its series apart and name them all as its own."""
    found = tuple(collector.collect())
    assert {reading.metric for reading in found} <= set(collector.metrics)
    assert all(len(reading.labels) == len(reading.metric.labels) for reading in found)
    series = {(reading.metric.name, *reading.labels): reading.value for reading in found}
    assert len(series) == len(found)
    return series
