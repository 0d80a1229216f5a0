"""Memory and swap are the machine's, as its /proc has them."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.collectors.host_memory import HostMemory, swapped_bytes
from tests.exporters import context_of
from tests.machines import psutil_reading, read, write

linux = pytest.mark.skipif(not psutil.LINUX, reason="reads Linux's /proc")

MEMINFO = """\
MemTotal:       16000000 kB
MemFree:         1000000 kB
MemAvailable:   12000000 kB
Buffers:          200000 kB
Cached:         10500000 kB
SwapCached:            0 kB
Active:          3000000 kB
Inactive:        9000000 kB
SwapTotal:       4000000 kB
SwapFree:        3000000 kB
Shmem:            100000 kB
Slab:             600000 kB
SReclaimable:     500000 kB
"""
VMSTAT = "nr_free_pages 250000\npswpin 30\npswpout 200\npgswapin 7\n"


@pytest.fixture
def proc(tmp_path: Path) -> Iterator[Path]:
    with psutil_reading(tmp_path / "proc"):
        yield tmp_path / "proc"


@linux
def test_what_is_used_is_all_that_is_not_available(proc: Path) -> None:
    write(proc, {"meminfo": MEMINFO, "vmstat": VMSTAT})
    page = os.sysconf("SC_PAGE_SIZE")
    assert read(HostMemory(context_of(root=proc.parent))) == {
        ("host_memory_total_bytes",): 16000000 * 1024,
        ("host_memory_available_bytes",): 12000000 * 1024,
        ("host_memory_used_bytes",): 4000000 * 1024,
        ("host_memory_cached_bytes",): 11000000 * 1024,
        ("host_swap_total_bytes",): 4000000 * 1024,
        ("host_swap_used_bytes",): 1000000 * 1024,
        ("host_swap_in_bytes_total",): 30 * page,
        ("host_swap_out_bytes_total",): 200 * page,
    }


@linux
def test_this_machines_memory_is_what_its_proc_says() -> None:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    kibibytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    found = read(HostMemory(context_of()))
    total = found["host_memory_total_bytes",]
    assert total == kibibytes["MemTotal"] * 1024
    assert found["host_swap_total_bytes",] == kibibytes["SwapTotal"] * 1024
    assert found["host_memory_used_bytes",] + found["host_memory_available_bytes",] == total
    assert 0 < found["host_memory_available_bytes",] < total


def test_a_large_page_is_as_large_as_it_is() -> None:
    assert swapped_bytes(VMSTAT, 65536) == {"in": 30 * 65536, "out": 200 * 65536}


def test_a_kernel_that_cannot_swap_has_swapped_nothing_that_it_knows_of() -> None:
    assert swapped_bytes("nr_free_pages 250000\n", 4096) == {}


@given(st.binary())
def test_any_bytes_are_read_without_failing(data: bytes) -> None:
    swapped_bytes(data.decode("utf-8", "replace"), 4096)
