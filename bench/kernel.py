"""What the kernel says about a process and its children. Linux only."""

import ctypes
import re
import time
from pathlib import Path

import psutil

_libc = ctypes.CDLL(None, use_errno=True)
_FORGET_PEAK = "5"
"""Written to clear_refs it sets the peak of the resident set back (proc(5))."""


def tree(root: int) -> list[int]:
    """The process and all its descendants: nginx's worker is its master's child."""
    return [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]


def cpu_seconds(root: int) -> float:
    """CPU time so far, user and system, of all threads of the tree, to the nanosecond."""
    return sum(_cpu_seconds(pid) for pid in tree(root))


def _cpu_seconds(pid: int) -> float:
    clock = ctypes.c_int()
    error: int = _libc.clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise ProcessLookupError(error, f"no CPU clock of process {pid}")
    return time.clock_gettime(clock.value)


def rss_bytes(root: int) -> int:
    """Resident memory of the tree now; what processes share counts in each."""
    return sum(_status_bytes(pid, "VmRSS") for pid in tree(root))


def peak_rss_bytes(root: int) -> int:
    """The sum of the peaks since `forget_peak`."""
    return sum(_status_bytes(pid, "VmHWM") for pid in tree(root))


def forget_peak(root: int) -> None:
    """Let the peak begin anew at what is resident now."""
    for pid in tree(root):
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK)


def _status_bytes(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{name}:\s*(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise ValueError(f"expected {name} in the status of process {pid}, found none")
    return int(found[1]) * 1024
