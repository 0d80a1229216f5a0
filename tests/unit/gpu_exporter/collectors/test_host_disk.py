"""Whole disks are counted, and nothing that lies on them a second time."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gpu_exporter.collectors.host_disk import HostDisk, is_whole_disk
from gpu_exporter.errors import Unavailable
from tests.exporters import context_of
from tests.machines import psutil_reading, read, write

linux = pytest.mark.skipif(not psutil.LINUX, reason="reads Linux's /proc and /sys")

DISKSTATS = """\
   7       0 loop0 9 0 90 9 0 0 0 0 0 9 9 0 0 0 0 0 0
 259       0 nvme0n1 1000 10 2000 30 400 5 800 60 0 1500 90 0 0 0 0 0 0
 259       1 nvme0n1p1 900 10 1900 30 400 5 800 60 0 1400 90 0 0 0 0 0 0
 259       2 nvme0c0n1 1000 10 2000 30 400 5 800 60 0 1500 90 0 0 0 0 0 0
   8       0 sda 1 0 2 0 3 0 4 0 0 4294967 0 0 0 0 0 0 0
 253       0 dm-0 900 10 1900 30 400 5 800 60 0 1400 90 0 0 0 0 0 0
   9       0 md0 900 10 1900 30 400 5 800 60 0 1400 90 0 0 0 0 0 0
 252       0 zram0 9 0 90 9 0 0 0 0 0 9 9 0 0 0 0 0 0
   1       0 ram0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
  11       0 sr0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
"""
BLOCK = {
    "nvme0n1/device/model": "disk",
    "nvme0n1/hidden": "0\n",
    "nvme0n1/nvme0n1p1/partition": "1\n",
    "nvme0c0n1/device/model": "disk",
    "nvme0c0n1/hidden": "1\n",
    "sda/device/model": "disk",
    "sr0/device/model": "optical",
    **{f"{name}/hidden": "0\n" for name in ("loop0", "dm-0", "md0", "zram0", "ram0")},
    "cciss!c0d0/device/model": "disk",
    "mmcblk0/device/name": "card",
    "mmcblk0boot0/device/name": "card",
}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    write(tmp_path / "proc", {"diskstats": DISKSTATS})
    write(tmp_path / "sys/block", BLOCK)
    with psutil_reading(tmp_path / "proc"):
        yield tmp_path


@linux
def test_disks_are_read_and_nothing_that_lies_on_them(machine: Path) -> None:
    assert read(HostDisk(context_of(root=machine))) == {
        ("host_disk_read_bytes_total", "nvme0n1"): 2000 * 512,
        ("host_disk_written_bytes_total", "nvme0n1"): 800 * 512,
        ("host_disk_io_time_seconds_total", "nvme0n1"): 1.5,
        ("host_disk_read_bytes_total", "sda"): 2 * 512,
        ("host_disk_written_bytes_total", "sda"): 4 * 512,
        ("host_disk_io_time_seconds_total", "sda"): 4294.967,
    }


@linux
def test_milliseconds_that_start_again_go_on(machine: Path) -> None:
    collector = HostDisk(context_of(root=machine))
    read(collector)
    write(machine / "proc", {"diskstats": DISKSTATS.replace("4294967 0 0", "33 0 0")})
    assert read(collector)["host_disk_io_time_seconds_total", "sda"] == pytest.approx(4295)


@linux
def test_a_machine_without_disks_has_nothing_of_it(machine: Path) -> None:
    write(machine / "proc", {"diskstats": DISKSTATS.splitlines()[0] + "\n"})
    with pytest.raises(Unavailable, match="no disk"):
        read(HostDisk(context_of(root=machine)))


@linux
def test_a_system_that_is_not_linux_names_whole_disks_only(machine: Path) -> None:
    found = read(HostDisk(context_of(root=machine), is_linux=False))
    assert ("host_disk_read_bytes_total", "dm-0") in found


@pytest.mark.parametrize("name", ["nvme0n1", "sda", "cciss/c0d0", "mmcblk0"])
def test_a_disk_has_a_device_behind_it(tmp_path: Path, name: str) -> None:
    write(tmp_path, BLOCK)
    assert is_whole_disk(tmp_path, name)


@pytest.mark.parametrize("name", ["nvme0n1p1", "nvme0c0n1", "dm-0", "sr0", "mmcblk0boot0", "none"])
def test_what_is_no_disk_of_its_own_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, BLOCK)
    assert not is_whole_disk(tmp_path, name)


@linux
def test_this_machines_disks_agree_with_its_proc() -> None:
    def sectors() -> dict[str, tuple[int, int]]:
        lines = Path("/proc/diskstats").read_text(encoding="ascii").splitlines()
        rows = [line.split() for line in lines]
        return {row[2]: (int(row[5]), int(row[9])) for row in rows}

    whole = {path.name for path in Path("/sys/block").iterdir() if (path / "device").exists()}
    if not whole:
        pytest.skip("this machine shows no disk")
    before, found, after = sectors(), read(HostDisk(context_of())), sectors()
    names = {key[1] for key in found}
    assert names
    assert names <= whole
    for name in names:
        for position, metric in enumerate(("read", "written")):
            value = found[f"host_disk_{metric}_bytes_total", name] / 512
            assert before[name][position] <= value <= after[name][position]
