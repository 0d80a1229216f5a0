"""The graphics of Apple's chips, on macOS.

ioreg, which macOS has, tells how busy they are and how much memory they have in use; macmon, which
can be installed, their power, temperature and clock. Both are programs: macOS has no files to read.
Their memory is the system's.

Written from recorded outputs of both programs; it has not been tried on a Mac.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

import psutil

from gpu_exporter.apple import ioreg
from gpu_exporter.apple.ioreg import Accelerator
from gpu_exporter.apple.macmon import Macmon, Sample
from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Backend, Gpu, told
from gpu_exporter.settings import GpuExporterSettings

Run = Callable[[Sequence[str]], bytes]
"""Runs a program and gives what it prints. Raises: OSError, subprocess.SubprocessError."""

_IOREG_SECONDS = 5.0
_SHORTEST_MILLISECONDS = 500
_FOLDERS = "/opt/homebrew/bin:/usr/local/bin:/opt/local/bin"
"""Where Homebrew and MacPorts install: a service's PATH does not name them."""


class AppleCards:
    """Reads the graphics of the chip.

    `macmon` is None where it is not installed; `memory_bytes` is the system's.
    """

    name = "apple"
    return_code: int | None = None

    def __init__(
        self, run: Run, macmon: Macmon | None, memory_bytes: float, platform: str = sys.platform
    ) -> None:
        self._run = run
        self._macmon = macmon
        self._memory_bytes = memory_bytes
        self._platform = platform

    def read(self) -> Sequence[Gpu]:
        """See Backend."""
        if self._platform != "darwin":
            raise Unavailable(f"Apple's graphics are read on macOS; this is {self._platform}")
        found = ioreg.parse(self._run(ioreg.COMMAND))
        if not found:
            raise Unavailable(
                "ioreg names no accelerator of Apple's: a Mac with an Intel processor, or a "
                "virtual machine"
            )
        sample = (self._macmon.latest() if self._macmon is not None else None) or Sample()
        # macmon's figures are of the whole chip: were there a second accelerator, not its as well
        samples = (sample, *(Sample() for _ in found[1:]))
        return [
            self._gpu(index, accelerator, sample)
            for index, (accelerator, sample) in enumerate(zip(found, samples, strict=True))
        ]

    def close(self) -> None:
        """End macmon."""
        if self._macmon is not None:
            self._macmon.close()

    def _gpu(self, index: int, found: Accelerator, sample: Sample) -> Gpu:
        busy = found.utilization_ratio
        return Gpu(
            index=str(index),
            uuid=f"apple-{index}",
            name=found.name if found.cores is None else f"{found.name} ({found.cores} cores)",
            vendor="apple",
            driver_version=found.driver_version,
            arch=found.arch,
            unified_memory=True,
            utilization_ratio=sample.active_ratio if busy is None else busy,
            memory_used_bytes=found.memory_used_bytes,
            memory_total_bytes=self._memory_bytes,
            power_watts=told({"average": sample.watts}),
            temperature_celsius=told({"core": sample.celsius}),
            clock_hertz=told({"graphics": sample.hertz}),
        )


def apple_backend(settings: GpuExporterSettings) -> Backend:
    """The way to read Apple's graphics. Starts nothing yet."""
    program = shutil.which("macmon") or shutil.which("macmon", path=_FOLDERS)
    milliseconds = max(_SHORTEST_MILLISECONDS, round(settings.gpu_interval_seconds * 1000))
    macmon = Macmon((program, "pipe", "-i", str(milliseconds))) if program else None
    return AppleCards(run, macmon, psutil.virtual_memory().total)


def run(command: Sequence[str]) -> bytes:
    """What a program prints. Raises: OSError, subprocess.SubprocessError."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=_IOREG_SECONDS,
    )
    return done.stdout
