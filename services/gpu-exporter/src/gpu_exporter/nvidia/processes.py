"""The processes that use a card, whatever they use it for."""

from collections.abc import Sequence

from gpu_exporter.gpu import GpuProcess
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Device

_LISTS = (
    ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"),
    ("nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2"),
    ("nvmlDeviceGetMPSComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v2"),
)

_Memory = dict[int, int | None]


def list_processes(asking: Asking, devices: Sequence[Device]) -> tuple[GpuProcess, ...] | None:
    """All processes of a card, which is one device or, under MIG, several.

    None where no list can be had. Raises: NvmlError where the card is lost.
    """
    known = [found for device in devices if (found := _of_device(asking, device)) is not None]
    if not known:
        return None
    memory: _Memory = {}
    for found in known:
        for pid, used in found.items():
            before = memory.get(pid)
            memory[pid] = before if used is None else used + (before or 0)
    return tuple(GpuProcess(pid, used) for pid, used in sorted(memory.items()))


def _of_device(asking: Asking, device: Device) -> _Memory | None:
    """One that computes and draws is in two lists, with all its memory in each."""
    lists = [asking.ask_first(names, device) for names in _LISTS]
    if all(found is None for found in lists):
        return None
    memory: _Memory = {}
    for process in (process for found in lists for process in found or ()):
        pid, used = process["pid"], process["usedGpuMemory"]
        before = memory.get(pid)
        memory[pid] = before if used is None else max(used, before or 0)
    return memory
