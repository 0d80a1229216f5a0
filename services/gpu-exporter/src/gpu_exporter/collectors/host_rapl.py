"""The energy of the CPUs, from the counters that they keep (RAPL). Linux only.

The counters go around, some in minutes: they are read often, and added up here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_exporter.board import Fact
from gpu_exporter.collector import Context
from gpu_exporter.energy.meters import CounterMeter
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine import powercap
from gpu_exporter.machine.files import is_denied, matching, read_number, read_text
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

MOST_WATTS = 2000.0
"""More than any socket draws. A counter that was set to 0 looks as if it had gone around: the
difference is in how fast."""

_ENERGY = "energy_uj"


@dataclass(frozen=True, slots=True)
class Zone:
    """One counter. `index` is unique among those of a machine."""

    domain: str
    index: str
    meter: CounterMeter


class HostRapl:
    """Reads the counters, and pins the packages' energy to the board."""

    name = "host_rapl"
    metrics: tuple[Metric, ...] = (m.RAPL_ENERGY, m.RAPL_DISCONTINUITIES)

    def __init__(self, context: Context) -> None:
        self._folder: Path = context.settings.host_sys / "class" / "powercap"
        self._board = context.board
        self._clock = context.clock
        self._interval_seconds = context.settings.gpu_interval_seconds
        self._zones: dict[str, Zone] = {}

    def collect(self) -> Iterator[Reading]:
        """See Collector. What was pinned to the board is taken off where no package is read."""
        try:
            zones = self._read()
        except BaseException:
            self._board.joules.pop("cpu", None)
            raise
        for zone in zones:
            labels = (zone.domain, zone.index)
            yield Reading(m.RAPL_ENERGY, zone.meter.total_joules, labels)
            yield Reading(m.RAPL_DISCONTINUITIES, zone.meter.discontinuities, labels)

    def _read(self) -> Sequence[Zone]:
        found = [path for path in matching(self._folder) if powercap.index_of(path.name)]
        if not found:
            raise Unavailable(
                f"no RAPL counters in {self._folder}: virtual machines and many CPUs have none"
            )
        now = self._clock()
        read = [zone for path in found if (zone := self._read_zone(path, now)) is not None]
        if not read:
            raise _reason(found)
        self._pin(now, read)
        return read

    def _read_zone(self, path: Path, now: float) -> Zone | None:
        microjoules = read_number(path / _ENERGY)
        if microjoules is None:
            return None
        zone = self._zones.get(path.name) or _zone(path)
        if zone is not None:
            self._zones[path.name] = zone
            zone.meter.add(now, microjoules / 1e6)
        return zone

    def _pin(self, now: float, read: Sequence[Zone]) -> None:
        """Not psys, which contains the packages; of all packages there were, so that it grows."""
        if not any(zone.domain == "package" for zone in read):
            self._board.joules.pop("cpu", None)
            return
        packages = [zone for zone in self._zones.values() if zone.domain == "package"]
        joules = sum(zone.meter.total_joules for zone in packages)
        self._board.joules["cpu"] = Fact.regular(now, joules, self._interval_seconds)


def _zone(path: Path) -> Zone | None:
    domain = powercap.domain_of(read_text(path / "name") or "")
    index = powercap.index_of(path.name)
    if domain is None or index is None:
        return None
    microjoules = read_number(path / "max_energy_range_uj")
    around = microjoules / 1e6 if microjoules else None
    return Zone(domain, index, CounterMeter(around, MOST_WATTS))


def _reason(found: Sequence[Path]) -> Exception:
    """Why none of the counters that there are could be read."""
    path = found[0] / _ENERGY
    if any(is_denied(zone / _ENERGY) for zone in found):
        return Unavailable(
            f"only root may read {path}: run the exporter as root, or let its user read the files "
            "of that name (not everybody: they betray some of what the CPU computes)"
        )
    if not any(zone.exists() for zone in found):
        return Unavailable(
            f"{found[0]} leads nowhere, because containers do not get to see what it leads to: "
            "mount the machine's /sys, for example at /host/sys, and set GPU_EXPORTER_HOST_SYS to "
            "that"
        )
    return OSError(f"none of {len(found)} RAPL counters can be read, {path} first")
