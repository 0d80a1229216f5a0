"""What the CPUs do. In a container as well: the kernel tells these of the whole machine."""

from collections.abc import Iterator

import psutil

from gpu_exporter.collector import Context
from gpu_exporter.reading import Reading, each, one
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""Together all the time there is. A guest's time is not among them: it is in `user` already."""


class HostCpu:
    """Reads the CPUs."""

    name = "host_cpu"
    metrics: tuple[Metric, ...] = (m.CPU_SECONDS, m.CPUS, m.CPU_FREQUENCY, m.LOAD)

    def __init__(self, context: Context) -> None:  # noqa: ARG002 (as all are made)
        self._highest: dict[str, float] = {}

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        yield from each(m.CPU_SECONDS, self._grown(seconds_by_mode(psutil.cpu_times())))
        yield from one(m.CPUS, psutil.cpu_count())
        yield from one(m.CPU_FREQUENCY, _frequency_hertz())
        for window, load in zip(("1m", "5m", "15m"), psutil.getloadavg(), strict=True):
            yield Reading(m.LOAD, load, (window,))

    def _grown(self, seconds: dict[str, float]) -> dict[str, float]:
        # Linux takes back some of iowait and idle at times; a counter that does starts from 0,
        # to Prometheus, and would leap by all that the machine has done
        for mode, now in seconds.items():
            self._highest[mode] = max(now, self._highest.get(mode, 0.0))
        return self._highest


def seconds_by_mode(times: object) -> dict[str, float]:
    """psutil's CPU times, for those modes that the system tells apart."""
    return {mode: float(getattr(times, mode)) for mode in MODES if hasattr(times, mode)}


def _frequency_hertz() -> float | None:
    read = getattr(psutil, "cpu_freq", None)  # not on every system
    try:
        found = read() if read else None
    except (OSError, RuntimeError, NotImplementedError):
        return None  # virtual machines often hide it, each in its own way
    return found.current * 1e6 if found and found.current > 0 else None
