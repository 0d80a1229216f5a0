"""Which collectors there are, and which of them share a thread."""

from collections.abc import Sequence
from typing import Protocol

from gpu_exporter.collector import Collector, Context
from gpu_exporter.collectors.energy import Energy
from gpu_exporter.collectors.gpu_cards import GpuCards
from gpu_exporter.collectors.gpu_processes import GpuProcesses
from gpu_exporter.collectors.host_cpu import HostCpu
from gpu_exporter.collectors.host_disk import HostDisk
from gpu_exporter.collectors.host_filesystem import HostFilesystem
from gpu_exporter.collectors.host_memory import HostMemory
from gpu_exporter.collectors.host_network import HostNetwork
from gpu_exporter.collectors.host_pressure import HostPressure
from gpu_exporter.collectors.host_rapl import HostRapl
from gpu_exporter.collectors.host_sensors import HostSensors
from gpu_exporter.collectors.ollama_configuration import OllamaConfiguration
from gpu_exporter.collectors.ollama_headroom import OllamaHeadroom
from gpu_exporter.collectors.ollama_models import OllamaModels
from gpu_exporter.collectors.ollama_server import OllamaServer
from gpu_exporter.lane import Lane
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.watch import Watch

_STALE_INTERVALS = 10
_STALE_AT_LEAST_SECONDS = 30.0


class CollectorClass(Protocol):
    """A collector's class: made with the context."""

    name: str

    def __call__(self, context: Context) -> Collector:
        """Make the collector; reads nothing yet."""
        ...


ALL: dict[str, tuple[CollectorClass, ...]] = {
    # alone: its counters go around, some in minutes, and who books them waits for the proxy
    "rapl": (HostRapl,),
    "gpu": (GpuCards, GpuProcesses),
    "energy": (Energy,),
    "host": (
        *(HostCpu, HostMemory, HostDisk),
        *(HostNetwork, HostSensors, HostPressure),
    ),
    # alone: a network mount that is dead never answers
    "filesystem": (HostFilesystem,),
    "ollama": (OllamaServer, OllamaModels, OllamaConfiguration, OllamaHeadroom),
}
"""By lane. Those of a lane run in their order, one after the other: what the first pins to the
board is there for the next, and a driver or a server that hangs holds up its own lane."""

NAMES = tuple(made.name for lane in ALL.values() for made in lane)


def mistake_in(settings: GpuExporterSettings) -> str | None:
    """What is wrong with the setting `without`, in words; None where nothing is."""
    unknown = next((name for name in settings.left_out if name not in NAMES), None)
    if unknown is None:
        return None
    there = ", ".join(NAMES)
    return f"GPU_EXPORTER_WITHOUT: no collector is called {unknown!r}; there are {there}"


def lanes(context: Context) -> Sequence[Lane]:
    """The lanes, with all collectors that the settings leave; none without any."""
    settings = context.settings
    made = []
    for name, classes in ALL.items():
        interval = _interval(name, settings)
        watches = [
            Watch(collector(context), stale_after(interval), context.clock, context.wall_clock)
            for collector in classes
            if collector.name not in settings.left_out
        ]
        if watches:
            made.append(Lane(name, watches, interval, context.clock))
    return made


def stale_after(interval_seconds: float) -> float:
    """The age in seconds at which what was read on an interval is not told any more."""
    return max(_STALE_INTERVALS * interval_seconds, _STALE_AT_LEAST_SECONDS)


def _interval(lane: str, settings: GpuExporterSettings) -> float:
    intervals = {
        "host": settings.host_interval_seconds,
        "filesystem": settings.host_interval_seconds,
        "ollama": settings.ollama_interval_seconds,
    }
    return intervals.get(lane, settings.gpu_interval_seconds)
