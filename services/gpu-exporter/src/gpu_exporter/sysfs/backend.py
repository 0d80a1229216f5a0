"""The cards of AMD and Intel on Linux, by the files of their drivers: no library, no rights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Backend, Gpu, GpuProcess
from gpu_exporter.machine.pci import is_suspended
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.sysfs import amd as sysfs_amd
from gpu_exporter.sysfs import kfd
from gpu_exporter.sysfs.card import Card, cards, identity
from gpu_exporter.sysfs.intel import IntelCards
from gpu_exporter.sysfs.processes import DrmProcesses


class SysfsCards:
    """Reads the cards. One that sleeps is named, and left asleep.

    `clock` is monotonic, in seconds; `system_bytes` is the machine's memory.
    """

    name = "sysfs"
    return_code: int | None = None

    def __init__(
        self,
        host_sys: Path,
        host_proc: Path,
        clock: Callable[[], float],
        system_bytes: Callable[[], float],
    ) -> None:
        self._host_sys = host_sys
        self._host_proc = host_proc
        self._processes = DrmProcesses(host_sys, host_proc, clock)
        self._intel = IntelCards(clock, system_bytes)
        self._uuids: dict[str, str] = {}

    def read(self) -> Sequence[Gpu]:
        """See Backend."""
        found = cards(self._host_sys)
        if not found:
            raise Unavailable(f"no card of AMD or Intel in {self._host_sys}/class/drm")
        awake = [card for card in found if not is_suspended(card.device)]
        nodes = kfd.nodes(self._host_sys)
        processes = self._processes.by_address(awake, nodes) if awake else {}
        gpus = []
        for index, card in enumerate(found):
            who = self._who(card, index, nodes)
            gpus.append(self._measure(who, card, processes) if card in awake else who)
        return gpus

    def close(self) -> None:
        """Nothing was opened."""

    def _who(self, card: Card, index: int, nodes: Mapping[str, kfd.Node]) -> Gpu:
        who = identity(card, index, nodes.get(card.address), self._host_sys, self._host_proc)
        # a card in a reset does not tell its id for a moment; it is the same card all the same
        if who.uuid != card.address:
            self._uuids[card.address] = who.uuid
        return replace(who, uuid=self._uuids.get(card.address, who.uuid))

    def _measure(
        self, who: Gpu, card: Card, processes: Mapping[str, Sequence[GpuProcess] | None]
    ) -> Gpu:
        if card.vendor == "amd":
            gpu = sysfs_amd.measure(who, card)
        else:
            gpu = self._intel.measure(who, card)
        return replace(gpu, processes=processes.get(card.address))


def sysfs_backend(settings: GpuExporterSettings, clock: Callable[[], float]) -> Backend:
    """The way to read AMD's and Intel's cards. Reads nothing yet."""
    return SysfsCards(
        settings.host_sys, settings.host_proc, clock, lambda: psutil.virtual_memory().total
    )
