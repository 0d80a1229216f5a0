"""Who holds the memory of cards: from what Ollama reports, to what each process has.

Pure. Absent is not zero: a card whose processes cannot be seen has no processes here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama.runners import Holder, Role
from ollama_observe.metrics.metric import NONE, OTHER
from ollama_observe.wire.loaded import LoadedModel

Card = tuple[str, str]
"""Index and UUID."""

Holders = Mapping[int, Holder | None]
"""Who the processes are, by number; None for one that cannot be seen."""


class Level(IntEnum):
    """How much is known of who holds the memory: values of a metric."""

    REPORTED = 1
    """What Ollama says of its models."""
    MEASURED = 2
    """And what cards say of the memory in use."""
    BY_PROCESS = 3
    """And what each process holds."""


@dataclass(frozen=True, slots=True)
class Share:
    """The memory of a card that processes hold which are one thing to us."""

    card: Card
    role: Role
    model: str
    memory_bytes: int


def seen_cards(gpus: Sequence[Gpu], holders: Holders, sees_all: bool) -> Sequence[Gpu]:
    """The cards whose lists of processes can be believed.

    In a container such a list is empty, or its numbers are those of somebody else's processes.
    `sees_all`: it is not one, or one that shares the machine's processes.
    """
    return [
        gpu
        for gpu in gpus
        if gpu.processes is not None
        and (sees_all or any(holders.get(process.pid) for process in gpu.processes))
    ]


def level(gpus: Sequence[Gpu], seen: Sequence[Gpu]) -> Level:
    """How much is known where Ollama answers. Cards that tell of no memory of their own do not
    count.
    """
    telling = [gpu for gpu in gpus if _own_used_bytes(gpu) is not None]
    if not telling:
        return Level.REPORTED
    return Level.BY_PROCESS if all(gpu in seen for gpu in telling) else Level.MEASURED


def unattributed_bytes(gpus: Sequence[Gpu], models: Sequence[LoadedModel]) -> float | None:
    """Cards' own memory in use, less what Ollama says of its models; None: one is not told."""
    used = [told for gpu in gpus if (told := _own_used_bytes(gpu)) is not None]
    attributed = [model.vram_bytes for model in models]
    return None if not used or None in attributed else sum(used) - sum(filter(None, attributed))


def shares(gpus: Sequence[Gpu], holders: Holders, names: Mapping[str, str]) -> Sequence[Share]:
    """The memory that processes hold, summed up. `names` are those of models by their weights.

    A process whose memory the driver does not tell adds nothing.
    """
    sums: defaultdict[tuple[Card, Role, str], int] = defaultdict(int)
    for gpu in gpus:
        for process in gpu.processes or ():
            if process.memory_bytes is not None:
                role, model = _label(holders.get(process.pid), names)
                sums[(gpu.index, gpu.uuid), role, model] += process.memory_bytes
    return [Share(*key, memory) for key, memory in sums.items()]


def counts(gpus: Sequence[Gpu], holders: Holders) -> Mapping[tuple[Card, Role], int]:
    """How many processes of each role use each card; 0 is told."""
    found = {((gpu.index, gpu.uuid), role): 0 for gpu in gpus for role in Role}
    for gpu in gpus:
        for process in gpu.processes or ():
            known = holders.get(process.pid)
            found[(gpu.index, gpu.uuid), known.role if known else Role.OTHER] += 1
    return found


def _own_used_bytes(gpu: Gpu) -> float | None:
    """None for a card that shares the machine's memory: all that runs there has a part of it."""
    return None if gpu.unified_memory else gpu.memory_used_bytes


def _label(known: Holder | None, names: Mapping[str, str]) -> tuple[Role, str]:
    if known is None or known.role is not Role.RUNNER:
        return known.role if known else Role.OTHER, NONE
    return known.role, names.get(known.weights, OTHER)
