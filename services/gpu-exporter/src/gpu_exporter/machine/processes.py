"""The processes of the machine: their words, their parents and, where allowed, environments.

Linux tells by files of a /proc that need not be our own; other systems through psutil, of whom
this user may ask. A process is looked at anew each time, because numbers of processes come again.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psutil

_COMMAND_LIMIT_BYTES = 16 * 1024
_ENVIRONMENT_LIMIT_BYTES = 256 * 1024

_PARENT, _STARTED = 1, 19
"""Fields of /proc/PID/stat behind the name of the program. Source: proc_pid_stat(5)."""


class Processes(Protocol):
    """What is asked of processes, by their numbers. Nothing raises: they come and go.

    `where` is whose they are, for an operator.
    """

    where: str

    def numbers(self) -> Iterator[int]:
        """Of all that are seen."""
        ...

    def words(self, pid: int) -> list[str] | None:
        """The command line; none of one that has ended and is not yet gone. None: not seen."""
        ...

    def parent(self, pid: int) -> int:
        """The number of the parent; 0 where it is not known."""
        ...

    def started(self, pid: int) -> float:
        """When it began, in the system's own unit: later is more; 0 where it is not known."""
        ...

    def environment(self, pid: int) -> bytes | None:
        """The variables it began with, each ended by a null byte; None: it may not be read."""
        ...


class ProcFiles:
    """As a /proc tells it."""

    def __init__(self, proc: Path) -> None:
        self._proc = proc
        self.where = str(proc)

    def numbers(self) -> Iterator[int]:
        """See Processes."""
        with contextlib.suppress(OSError), os.scandir(self._proc) as entries:
            for entry in entries:
                if entry.name.isdecimal():
                    yield int(entry.name)

    def words(self, pid: int) -> list[str] | None:
        """See Processes."""
        line = self._read(pid, "cmdline", _COMMAND_LIMIT_BYTES)
        if line is None:
            return None
        line = _ended(line, _COMMAND_LIMIT_BYTES)
        return line.rstrip(b"\0").decode(errors="replace").split("\0") if line else []

    def parent(self, pid: int) -> int:
        """See Processes."""
        return self._number(pid, _PARENT)

    def started(self, pid: int) -> float:
        """See Processes. In ticks since the machine began."""
        return float(self._number(pid, _STARTED))

    def environment(self, pid: int) -> bytes | None:
        """See Processes."""
        block = self._read(pid, "environ", _ENVIRONMENT_LIMIT_BYTES)
        return None if block is None else _ended(block, _ENVIRONMENT_LIMIT_BYTES)

    def _number(self, pid: int, field: int) -> int:
        line = self._read(pid, "stat", _COMMAND_LIMIT_BYTES) or b""
        # the name of the program comes first, in brackets, and may hold anything
        fields = line.rpartition(b")")[2].split()
        return int(fields[field]) if len(fields) > field and fields[field].isdigit() else 0

    def _read(self, pid: int, name: str, most_bytes: int) -> bytes | None:
        try:
            with (self._proc / str(pid) / name).open("rb") as file:
                return file.read(most_bytes)
        except OSError:
            return None


class Asked:
    """As psutil tells it, of our own machine."""

    where = "this machine"

    def numbers(self) -> Iterator[int]:
        """See Processes."""
        yield from psutil.pids()

    def words(self, pid: int) -> list[str] | None:
        """See Processes."""
        try:
            return psutil.Process(pid).cmdline()
        except psutil.ZombieProcess:
            return []
        except (psutil.Error, OSError):
            return None

    def parent(self, pid: int) -> int:
        """See Processes."""
        try:
            return psutil.Process(pid).ppid()
        except (psutil.Error, OSError):
            return 0

    def started(self, pid: int) -> float:
        """See Processes. As Unix time."""
        try:
            return psutil.Process(pid).create_time()
        except (psutil.Error, OSError):
            return 0.0

    def environment(self, pid: int) -> bytes | None:
        """See Processes."""
        try:
            found = psutil.Process(pid).environ()
        except (psutil.Error, OSError):
            return None
        return "".join(f"{name}={value}\0" for name, value in found.items()).encode(
            errors="surrogateescape"  # as psutil reads them: bytes of any kind
        )


def _ended(block: bytes, limit_bytes: int) -> bytes:
    """All that is ended by a null byte, where there is more than was read: the last may be cut."""
    return block[: block.rfind(b"\0") + 1] if len(block) == limit_bytes else block


def processes(proc: Path) -> Processes:
    """Those of the machine whose /proc that is; elsewhere than on Linux, of this machine."""
    return ProcFiles(proc) if psutil.LINUX else Asked()
