"""Which processes use the cards of AMD and Intel, and how much of their memory.

Looked for among the descriptors of all processes, and with AMD's compute driver. A process that
this user may not look into is left out; root in a container may look into others' only with
CAP_SYS_PTRACE. Nothing is told where that leaves none, or where one of Ollama's is left out: a
list without it would say that it uses no card.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from gpu_exporter.gpu import GpuProcess
from gpu_exporter.machine.files import matching, read_text
from gpu_exporter.sysfs import fdinfo, kfd
from gpu_exporter.sysfs.card import Card

EVERY_SECONDS = 5.0
"""All processes' descriptors are looked at, so not at every reading."""

_OLLAMAS = ("ollama", "llama-server")
"""How the names of Ollama's processes begin; anybody may read those."""

_Memory = dict[int, int | None]
"""Bytes by process."""


@dataclass(slots=True)
class _Seen:
    """By card and client, who has it. `is_all`: no process was left out, `is_without_ollama`: one
    of Ollama's was."""

    clients: dict[tuple[str, str], tuple[int, fdinfo.Client]] = field(default_factory=dict)
    is_all: bool = True
    is_without_ollama: bool = False


class DrmProcesses:
    """Looks for processes. `clock` is monotonic, in seconds."""

    def __init__(self, host_sys: Path, host_proc: Path, clock: Callable[[], float]) -> None:
        self._host_sys = host_sys
        self._host_proc = host_proc
        self._clock = clock
        self._at: float | None = None
        self._found: dict[str, Sequence[GpuProcess] | None] = {}

    def by_address(
        self, cards: Sequence[Card], nodes: Mapping[str, kfd.Node]
    ) -> Mapping[str, Sequence[GpuProcess] | None]:
        """The processes of each card; None where that cannot be told. At most as old as
        EVERY_SECONDS."""
        now = self._clock()
        if self._at is None or now - self._at >= EVERY_SECONDS:
            self._at = now
            # a card that sleeps is not in `cards`: to ask its driver about a client may wake it
            files = {
                f"/dev/dri/{node.name}" for card in cards for node in matching(card.device / "drm")
            }
            seen = _look(self._host_proc, files)
            self._found = {
                card.address: self._of(card, nodes.get(card.address), seen) for card in cards
            }
        return self._found

    def _of(self, card: Card, node: kfd.Node | None, seen: _Seen) -> Sequence[GpuProcess] | None:
        memory: _Memory = {}
        for (address, _), (pid, client) in seen.clients.items():
            if address == card.address:
                _add(memory, pid, client.memory_bytes(card.is_integrated))
        computing = kfd.memory_by_process(self._host_sys, node) if node else {}
        for pid, held in computing.items():
            # the descriptors of a process tell of its compute as well: never the sum of both
            memory[pid] = max(held, memory.get(pid) or 0)
        is_unseen = seen.is_without_ollama or (not memory and not seen.is_all)
        if is_unseen and not computing:
            return None
        return [GpuProcess(pid, held) for pid, held in sorted(memory.items())]


def _look(host_proc: Path, files: Set[str]) -> _Seen:
    # Where process 2 is not the kernel's, this is a container's /proc: others are not in it.
    seen = _Seen(is_all=read_text(host_proc / "2" / "comm") == "kthreadd")
    for folder in sorted(
        matching(host_proc, "[0-9]*"), key=lambda path: (len(path.name), path.name)
    ):
        if not folder.name.isdecimal():
            continue
        try:
            descriptors = list(_descriptors(folder, files))
        except PermissionError:
            seen.is_all = False
            name = read_text(folder / "comm") or ""
            seen.is_without_ollama |= name.startswith(_OLLAMAS)
            continue
        except OSError:
            continue
        for descriptor in descriptors:
            client = fdinfo.parse(read_text(folder / "fdinfo" / descriptor) or "")
            if client is not None:
                # without an id each descriptor is a client of its own
                client_id = client.client_id or f"{folder.name}/{descriptor}"
                seen.clients.setdefault((client.address, client_id), (int(folder.name), client))
    return seen


def _descriptors(process: Path, files: Set[str]) -> Iterator[str]:
    with os.scandir(process / "fd") as entries:
        for entry in entries:
            try:
                target = os.readlink(entry.path)  # noqa: PTH115 (there are tens of thousands)
            except FileNotFoundError:
                continue
            if target in files:
                yield entry.name


def _add(memory: _Memory, pid: int, held: int | None) -> None:
    before = memory.get(pid)
    memory[pid] = held if before is None else before + (held or 0)
