"""Which collectors there are, and which of them share a thread."""

from collections.abc import Sequence
from typing import Protocol

from gpu_exporter.collector import Collector, Context
from gpu_exporter.lane import Lane
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.watch import Watch

_STALE_INTERVALS = 10
_STALE_AT_LEAST_SECONDS = 30.0


class Making(Protocol):
    """A collector's class: made with the context."""

    name: str

    def __call__(self, context: Context) -> Collector:
        """Make the collector; reads nothing yet."""
        ...


ALL: dict[str, tuple[Making, ...]] = {
    "gpu": (),
    "energy": (),
    "host": (),
    "ollama": (),
}
"""By lane. Those of a lane run one after the other; a driver that hangs holds up its own."""

NAMES = tuple(making.name for lane in ALL.values() for making in lane)


def unknown(without: str) -> list[str]:
    """Names of the setting `without` that no collector has."""
    return [name for name in _names(without) if name not in NAMES]


def lanes(context: Context) -> Sequence[Lane]:
    """The lanes, with all collectors that the settings leave."""
    settings = context.settings
    left_out = _names(settings.without)
    made = []
    for name, makings in ALL.items():
        interval = _interval(name, settings)
        stale_after = max(_STALE_INTERVALS * interval, _STALE_AT_LEAST_SECONDS)
        watches = [
            Watch(making(context), stale_after, context.clock, context.wall_clock)
            for making in makings
            if making.name not in left_out
        ]
        made.append(Lane(name, watches, interval, context.clock))
    return made


def _interval(lane: str, settings: GpuExporterSettings) -> float:
    intervals = {
        "host": settings.host_interval_seconds,
        "ollama": settings.ollama_interval_seconds,
    }
    return intervals.get(lane, settings.gpu_interval_seconds)


def _names(without: str) -> list[str]:
    return [name for word in without.split(",") if (name := word.strip())]
