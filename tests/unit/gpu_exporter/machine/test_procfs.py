"""psutil reads the /proc that it is pointed at."""

from pathlib import Path

import psutil
import pytest

from gpu_exporter.machine.procfs import point_psutil_at
from tests.machines import psutil_reading, write

pytestmark = pytest.mark.skipif(not psutil.LINUX, reason="only Linux has a /proc")

MEMINFO = """\
MemTotal:        1000 kB
MemFree:          100 kB
MemAvailable:     600 kB
Buffers:           10 kB
Cached:           300 kB
Shmem:              1 kB
Active:            50 kB
Inactive:          50 kB
"""


def test_psutil_reads_the_proc_that_it_is_pointed_at(tmp_path: Path) -> None:
    write(tmp_path, {"host/proc/meminfo": MEMINFO})
    with psutil_reading(Path("/proc")):
        point_psutil_at(tmp_path / "host/proc")
        assert psutil.virtual_memory().total == 1000 * 1024


def test_a_test_leaves_psutil_as_it_was(tmp_path: Path) -> None:
    before = psutil.PROCFS_PATH
    with psutil_reading(tmp_path):
        assert str(tmp_path) == psutil.PROCFS_PATH
    assert before == psutil.PROCFS_PATH
