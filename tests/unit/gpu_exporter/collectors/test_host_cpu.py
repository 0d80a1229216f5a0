"""The processor's time by mode, its clock and the load, as the kernel tells them."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from gpu_exporter.collectors.host_cpu import MODES, HostCpu, seconds_by_mode
from stack.waiting import wait_until
from tests.exporters import context_of
from tests.machines import psutil_reading, read, write

linux = pytest.mark.skipif(not psutil.LINUX, reason="reads Linux's /proc")
TICKS = 100.0


@pytest.fixture
def proc(tmp_path: Path) -> Iterator[Path]:
    with psutil_reading(tmp_path / "proc"):
        yield tmp_path / "proc"


def stat(*seconds: float) -> dict[str, str]:
    return {
        "stat": "cpu  " + " ".join(str(int(value * TICKS)) for value in seconds) + "\n",
        "cpuinfo": "cpu MHz\t\t: 2000.500\ncpu MHz\t\t: 3000.500\n",
    }


def real_stat() -> list[float]:
    line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    return [int(ticks) / TICKS for ticks in line.split()[1:]]


@linux
def test_the_modes_are_the_kernels(proc: Path) -> None:
    write(proc, stat(10, 1, 5, 100, 2, 0.5, 0.25, 0.75, 4, 0.5))
    found = read(HostCpu(context_of(root=proc.parent)))
    assert {
        key[1]: value for key, value in found.items() if key[0] == "host_cpu_seconds_total"
    } == {
        "user": 10,
        "nice": 1,
        "system": 5,
        "idle": 100,
        "iowait": 2,
        "irq": 0.5,
        "softirq": 0.25,
        "steal": 0.75,
    }


@linux
def test_a_mode_that_the_kernel_takes_back_stands_still(proc: Path) -> None:
    collector = HostCpu(context_of(root=proc.parent))
    iowait = ("host_cpu_seconds_total", "iowait")
    seen = []
    for seconds in (2, 1.5, 1.75, 2.5):
        write(proc, stat(10, 1, 5, 100, seconds, 0, 0, 0, 0, 0))
        seen.append(read(collector)[iowait])
    assert seen == [2, 2, 2, 2.5]


def test_a_system_with_few_modes_has_only_those() -> None:
    times = SimpleNamespace(user=4.0, nice=0.0, system=2.0, idle=9.0)
    assert seconds_by_mode(times) == {"user": 4.0, "nice": 0.0, "system": 2.0, "idle": 9.0}


def test_a_guests_time_is_not_counted_twice() -> None:
    times = SimpleNamespace(user=4.0, guest=3.0, guest_nice=1.0)
    assert seconds_by_mode(times) == {"user": 4.0}


@linux
def test_this_machines_time_agrees_with_its_proc_and_grows() -> None:
    collector = HostCpu(context_of())
    before, found, after = real_stat(), read(collector), real_stat()
    for position, mode in enumerate(MODES):
        value = found["host_cpu_seconds_total", mode]
        if mode not in ("idle", "iowait"):
            assert before[position] <= value <= after[position]

    def all_time() -> float:
        now = read(collector)
        return sum(now["host_cpu_seconds_total", mode] for mode in MODES)

    then = sum(found["host_cpu_seconds_total", mode] for mode in MODES)
    assert wait_until(lambda: all_time() > then, within_seconds=10)


@linux
def test_this_machines_cpus_and_load_are_read() -> None:
    found = read(HostCpu(context_of()))
    assert found["host_cpus",] == psutil.cpu_count()
    loads = Path("/proc/loadavg").read_text(encoding="ascii").split()
    windows = {key[1] for key in found if key[0] == "host_load"}
    assert windows == {"1m", "5m", "15m"}
    assert found["host_load", "15m"] == pytest.approx(float(loads[2]), abs=0.5)


@linux
def test_the_clock_is_the_mean_in_hertz(proc: Path) -> None:
    if Path("/sys/devices/system/cpu/cpufreq/policy0").exists():
        pytest.skip("psutil takes the clock from /sys on this machine")
    write(proc, stat(10, 1, 5, 100, 2, 0, 0, 0, 0, 0))
    found = read(HostCpu(context_of(root=proc.parent)))
    assert found["host_cpu_frequency_hertz",] == pytest.approx(2500.5e6)


@linux
@pytest.mark.parametrize("cpuinfo", ["", "cpu MHz\t\t: 0.000\n"])
def test_a_clock_that_a_machine_does_not_tell_is_absent(proc: Path, cpuinfo: str) -> None:
    if Path("/sys/devices/system/cpu/cpufreq/policy0").exists():
        pytest.skip("psutil takes the clock from /sys on this machine")
    write(proc, stat(10, 1, 5, 100, 2, 0, 0, 0, 0, 0) | {"cpuinfo": cpuinfo})
    assert ("host_cpu_frequency_hertz",) not in read(HostCpu(context_of(root=proc.parent)))


@linux
def test_a_clock_that_cannot_be_read_leaves_the_rest(proc: Path) -> None:
    write(proc, stat(10, 1, 5, 100, 2, 0, 0, 0, 0, 0))
    (proc / "cpuinfo").unlink()
    found = read(HostCpu(context_of(root=proc.parent)))
    assert ("host_cpu_frequency_hertz",) not in found
    assert found["host_cpu_seconds_total", "user"] == 10
