"""Where a model can be: the cards and main memory, what is free there, and what may be taken.

Pure. Of what is free Ollama leaves a part alone: for what a driver takes by itself, and so that
nothing else on the card fails.
Source: Ollama server/llama_server_plan.go `llamaServerDeviceReserve`, ml/device.go `MinimumMemory`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gpu_exporter.gpu import Gpu

MIB = 2**20
RESERVE_BYTES = 1024 * MIB
"""What llama.cpp leaves free of each device, unless OLLAMA_GPU_OVERHEAD says more."""
HOST_RESERVE_BYTES = 1024 * MIB

_DRIVER_BYTES = 457 * MIB
_METAL_BYTES = 512 * MIB
_SHARING = ("apple", "nvidia")
"""Whose graphics Ollama uses though they have no memory of their own."""

_METAL_RATIO = 0.75
"""macOS lets the graphics have about so much of the memory."""


@dataclass(frozen=True, slots=True)
class Place:
    """A card, a part of one, or main memory. Units: bytes.

    `free` is what nobody uses; `reserve` what is left alone of it. `vendor` is empty for main
    memory. `is_shared`: a card that uses the machine's memory.
    """

    id: str
    name: str
    vendor: str
    total: float | None
    free: float
    reserve: float
    used: float | None = None
    is_shared: bool = False

    @property
    def room(self) -> float:
        """What a model may take."""
        return max(0.0, self.free - self.reserve)

    def with_freed(self, freed: float) -> "Place":
        """The same with so much more free, never more than there is."""
        most = self.free + freed if self.total is None else min(self.total, self.free + freed)
        return replace(self, free=max(self.free, most))


@dataclass(frozen=True, slots=True)
class Machine:
    """The cards, those with most room first, and main memory. None: it cannot be told.

    `silent` are names of cards that do not say what is free of them, `unused` of those that Ollama
    leaves alone.
    """

    cards: Sequence[Place]
    host: Place | None
    silent: Sequence[str] = ()
    unused: Sequence[str] = ()


def machine_of(
    gpus: Sequence[Gpu],
    host_available: float | None,
    host_total: float | None = None,
    overhead_bytes: float = 0,
    are_cards_used: bool = False,
) -> Machine:
    """What the exporter knows of the machine. `overhead_bytes` is OLLAMA_GPU_OVERHEAD.

    `are_cards_used`: a loaded model is on a card, so that a processor's own graphics count, too,
    which Ollama leaves alone unless it is told otherwise.
    """
    host = None
    if host_available is not None:
        host = Place("host", "main memory", "", host_total, host_available, HOST_RESERVE_BYTES)
    cards, silent, unused = list[Place](), list[str](), list[str]()
    for gpu in gpus:
        is_usable = are_cards_used or gpu.vendor in _SHARING or not gpu.unified_memory
        if not is_usable:
            unused.append(gpu.name or gpu.uuid)
            continue
        found = _cards(gpu, host, max(overhead_bytes, RESERVE_BYTES))
        cards += found
        if not found:
            silent.append(gpu.name or gpu.uuid)
    return Machine(sorted(cards, key=lambda card: -card.room), host, tuple(silent), tuple(unused))


def _cards(gpu: Gpu, host: Place | None, beside: float) -> list[Place]:
    reserve = beside + (_METAL_BYTES if gpu.vendor == "apple" else _DRIVER_BYTES)
    if gpu.mig:
        return [
            replace(
                _card(gpu, reserve),
                id=f"{gpu.index}:{part.gpu_instance_id}",
                name=f"{gpu.name} {part.profile}",
                total=part.memory_total_bytes,
                free=part.memory_total_bytes - part.memory_used_bytes,
                used=part.memory_used_bytes,
            )
            for part in gpu.mig
            if part.memory_total_bytes is not None and part.memory_used_bytes is not None
        ]
    if gpu.unified_memory:
        return _shared(gpu, host, reserve)
    if gpu.memory_free_bytes is None:
        return []
    return [_card(gpu, reserve)]


def _shared(gpu: Gpu, host: Place | None, reserve: float) -> list[Place]:
    """A card that uses the machine's memory: what both say is free."""
    if host is None:
        return []
    free = host.free
    if gpu.vendor == "apple" and gpu.memory_total_bytes is not None:
        most = _METAL_RATIO * gpu.memory_total_bytes - (gpu.memory_used_bytes or 0.0)
        free = max(0.0, min(free, most))
    elif gpu.memory_free_bytes is not None:
        free = min(free, gpu.memory_free_bytes)
    return [replace(_card(gpu, reserve), free=free, is_shared=True)]


def _card(gpu: Gpu, reserve: float) -> Place:
    return Place(
        id=gpu.index,
        name=gpu.name or gpu.uuid,
        vendor=gpu.vendor,
        total=gpu.memory_total_bytes,
        free=gpu.memory_free_bytes or 0.0,
        reserve=reserve,
        used=gpu.memory_used_bytes,
    )
