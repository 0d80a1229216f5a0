"""What the machine's disks do. In a container as well: these are the whole machine's."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil

from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine.files import read_text
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

_NO_DISKS = re.compile(r"sr\d+|fd\d+|mmcblk\d+(?:boot\d+|rpmb)")
"""Optical drives, floppies, and the small parts of a memory card that only firmware uses."""


class HostDisk:
    """Reads the disks."""

    name = "host_disk"
    metrics: tuple[Metric, ...] = (m.DISK_READ, m.DISK_WRITTEN, m.DISK_IO_TIME)

    def __init__(self, context: Context, is_linux: bool = psutil.LINUX) -> None:
        self._block: Path = context.settings.host_sys / "block"
        self._is_linux = is_linux

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        # nowrap (psutil's default): the kernel's milliseconds start again after 50 days of work
        found = psutil.disk_io_counters(perdisk=True)
        disks = [name for name in found if self._is_disk(name)]
        if not disks:
            raise Unavailable(f"no disk of the machine's own in {self._block}")
        for name in disks:
            counters = found[name]
            yield Reading(m.DISK_READ, counters.read_bytes, (name,))
            yield Reading(m.DISK_WRITTEN, counters.write_bytes, (name,))
            yield from one(m.DISK_IO_TIME, _seconds(counters), name)

    def _is_disk(self, name: str) -> bool:
        return not self._is_linux or is_whole_disk(self._block, name)


def is_whole_disk(block: Path, name: str) -> bool:
    """Whether a name in Linux's /sys/block is that of a disk, real or a virtual machine's.

    A partition has no folder there. What lies on other disks (RAID, LVM, encryption), in files or
    in memory has no device behind it, and one path of several to the same disk is hidden: each of
    their bytes would be counted twice.
    """
    if _NO_DISKS.fullmatch(name):
        return False
    folder = block / name.replace("/", "!")
    return (folder / "device").exists() and read_text(folder / "hidden") != "1"


def _seconds(counters: object) -> float | None:
    milliseconds = getattr(counters, "busy_time", None)  # not on every system
    return None if milliseconds is None else milliseconds / 1000
