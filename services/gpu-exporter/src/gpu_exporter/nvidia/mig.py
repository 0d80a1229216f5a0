"""The parts of a card that MIG set aside: who they are, and their memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpu_exporter.gpu import MigInstance
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Device


@dataclass(frozen=True, slots=True)
class MigDevice:
    """A MIG device of a card. `number` is its own index, of which some may be free."""

    card: int
    number: int
    gpu_instance_id: str
    uuid: str
    profile: str


def list_devices(asking: Asking, card: int) -> tuple[MigDevice, ...]:
    """The MIG devices that the card `card` has now. Raises: NvmlError where it is lost."""
    most = asking.ask("nvmlDeviceGetMaxMigDeviceCount", card) or 0
    found = []
    for number in range(most):
        if not asking.ask_uncached("nvmlDeviceGetMigDeviceHandleByIndex", card, number):
            continue
        device = (card, number)
        instance = asking.ask_uncached("nvmlDeviceGetGpuInstanceId", device)
        uuid = asking.ask_uncached("nvmlDeviceGetUUID", device)
        if instance is not None and uuid is not None:
            name = asking.ask_uncached("nvmlDeviceGetName", device) or ""
            found.append(MigDevice(card, number, str(instance), uuid, _profile(name)))
    return tuple(found)


def read_devices(asking: Asking, devices: Sequence[MigDevice]) -> tuple[MigInstance, ...]:
    """The devices with their memory.

    Several may share one GPU instance and hence its memory: the first of them has it.
    """
    seen: set[str] = set()
    found = []
    for device in devices:
        memory = None
        if device.gpu_instance_id not in seen:
            seen.add(device.gpu_instance_id)
            memory = _memory(asking, (device.card, device.number))
        found.append(
            MigInstance(
                device.gpu_instance_id,
                device.uuid,
                device.profile,
                memory_used_bytes=memory["used"] if memory else None,
                memory_total_bytes=memory["total"] if memory else None,
            )
        )
    return tuple(found)


def _memory(asking: Asking, device: Device) -> dict[str, int] | None:
    """Asked again and again: another device may come to be in this one's place."""
    names = ("nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetMemoryInfo")
    return next((found for name in names if (found := asking.ask_uncached(name, device))), None)


def _profile(name: str) -> str:
    """`NVIDIA H100 80GB HBM3 MIG 1g.10gb` is of `1g.10gb`; older drivers do not name it."""
    _, found, profile = name.rpartition("MIG ")
    return profile if found else ""
