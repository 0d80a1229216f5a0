"""What AMD's compute driver (KFD) says of its cards and of the processes that compute on them.

Source: Linux, drivers/gpu/drm/amd/amdkfd (kfd_topology.c, kfd_process.c).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpu_exporter.machine.files import matching, read_number, read_text

_KFD = Path("class/kfd/kfd")


@dataclass(frozen=True, slots=True)
class Node:
    """A card, or the parts that it was divided into. `arch` is as ROCm names it: `gfx1100`."""

    gpu_ids: tuple[str, ...]
    arch: str


def nodes(host_sys: Path) -> dict[str, Node]:
    """The cards by PCI address; none where there is no KFD, or it may not be seen."""
    found: dict[str, Node] = {}
    for folder in matching(host_sys / _KFD / "topology" / "nodes"):
        gpu_id = read_text(folder / "gpu_id")
        properties = _properties(read_text(folder / "properties") or "")
        # a node without an id is a processor
        if not gpu_id or gpu_id == "0" or "location_id" not in properties:
            continue
        address = _address(properties)
        before = found.get(address, Node((), _arch(properties)))
        found[address] = Node((*before.gpu_ids, gpu_id), before.arch)
    return found


def memory_by_process(host_sys: Path, node: Node) -> dict[int, int]:
    """Bytes of a card's memory by process, as its compute allocated it."""
    found: dict[int, int] = {}
    for folder in matching(host_sys / _KFD / "proc"):
        held = [read_number(folder / f"vram_{gpu_id}") for gpu_id in node.gpu_ids]
        known = [bytes_ for bytes_ in held if bytes_ is not None]
        if folder.name.isdecimal() and known:
            found[int(folder.name)] = int(sum(known))
    return found


def _properties(text: str) -> dict[str, int]:
    words = [line.split() for line in text.splitlines()]
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}


def _address(properties: Mapping[str, int]) -> str:
    location, domain = properties["location_id"], properties.get("domain", 0)
    bus, device, function = location >> 8 & 0xFF, location >> 3 & 0x1F, location & 7
    return f"{domain:04x}:{bus:02x}:{device:02x}.{function}"


def _arch(properties: Mapping[str, int]) -> str:
    version = properties.get("gfx_target_version", 0)
    major, minor, step = version // 10000, version // 100 % 100, version % 100
    return f"gfx{major}{minor:x}{step:x}" if version else ""
