"""The machine's memory and swap. In a container as well: these are the whole machine's."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psutil

from gpu_exporter.collector import Context
from gpu_exporter.machine.files import read_text
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

_SWAPPED = re.compile(r"^pswp(in|out) ([0-9]{1,20})$", re.MULTILINE)


class HostMemory:
    """Reads memory and swap."""

    name = "host_memory"
    metrics: tuple[Metric, ...] = (
        *(m.MEMORY_TOTAL, m.MEMORY_AVAILABLE, m.MEMORY_USED, m.MEMORY_CACHED),
        *(m.SWAP_TOTAL, m.SWAP_USED, m.SWAP_IN, m.SWAP_OUT),
    )

    def __init__(self, context: Context) -> None:
        self._vmstat: Path = context.settings.host_proc / "vmstat"

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        memory = psutil.virtual_memory()
        yield Reading(m.MEMORY_TOTAL, memory.total)
        yield Reading(m.MEMORY_AVAILABLE, memory.available)
        yield Reading(m.MEMORY_USED, memory.total - memory.available)
        yield from one(m.MEMORY_CACHED, getattr(memory, "cached", None))
        swap = psutil.swap_memory()
        yield Reading(m.SWAP_TOTAL, swap.total)
        yield Reading(m.SWAP_USED, swap.used)
        # not psutil's: it takes every page for 4 KiB, and counts more than swap on macOS
        swapped = swapped_bytes(read_text(self._vmstat) or "", os.sysconf("SC_PAGE_SIZE"))
        yield from one(m.SWAP_IN, swapped.get("in"))
        yield from one(m.SWAP_OUT, swapped.get("out"))


def swapped_bytes(vmstat: str, page_bytes: int) -> dict[str, float]:
    """What went `in` from swap and `out` to it since the machine started.

    Source: Linux, mm/vmstat.c: pswpin and pswpout count pages.
    """
    return {way: float(int(pages) * page_bytes) for way, pages in _SWAPPED.findall(vmstat)}
