"""The graphics cards that Linux shows under /sys/class/drm, and who they are.

Nothing here wakes a card that sleeps.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_exporter.gpu import HERTZ, Gpu, scaled, told
from gpu_exporter.machine.files import matching, read_label, read_number, read_text, resolved
from gpu_exporter.machine.hwmon import Chip, read_chip
from gpu_exporter.machine.pci import address_of, link_generations, link_of_card, link_widths
from gpu_exporter.sysfs.kfd import Node

VENDORS = {"0x1002": "amd", "0x8086": "intel"}

_NAMES = {"amd": "AMD", "intel": "Intel"}
_CARD = re.compile(r"card[0-9]+")
_OF_ONE_GT = re.compile(r"i915_gt[0-9]+")
_THRESHOLDS = {"crit": "slowdown", "emergency": "shutdown"}


@dataclass(frozen=True, slots=True)
class Card:
    """A card. `folder` is the DRM's (`card0`), `device` the PCI device's.

    `is_integrated`: it has no memory of its own, or a part of the machine's.
    """

    folder: Path
    device: Path
    vendor: str
    address: str
    is_integrated: bool


def cards(host_sys: Path) -> list[Card]:
    """The cards of AMD and Intel, in the order of their PCI addresses."""
    found = []
    for folder in matching(host_sys / "class" / "drm", "card*"):
        device = folder / "device"
        vendor = VENDORS.get(read_text(device / "vendor") or "")
        address = address_of(device)
        if _CARD.fullmatch(folder.name) and vendor and address:
            found.append(Card(folder, device, vendor, address, _is_integrated(device, vendor)))
    return sorted(found, key=lambda card: card.address)


def identity(card: Card, index: int, node: Node | None, host_sys: Path, host_proc: Path) -> Gpu:
    """Who a card is, without anything measured. `node` is what KFD knows of it."""
    device_id = read_label(card.device / "device") or "of unknown kind"
    unique_id = read_label(card.device / "unique_id").removeprefix("0x")
    return Gpu(
        index=str(index),
        uuid=f"GPU-{unique_id}" if unique_id.strip("0") else card.address,
        name=read_label(card.device / "product_name") or f"{_NAMES[card.vendor]} GPU {device_id}",
        vendor=card.vendor,
        driver_version=_driver_version(card.device, host_sys, host_proc),
        pci_bus_id=card.address,
        arch=node.arch if node else "",
        unified_memory=card.is_integrated,
    )


def chip_of(card: Card) -> Chip:
    """The card's sensors; a card without any has a chip without any."""
    for folder in matching(card.device / "hwmon", "hwmon*"):
        if not _OF_ONE_GT.fullmatch(read_text(folder / "name") or ""):
            return read_chip(folder)
    return Chip(name="")


def share(path: Path) -> float | None:
    """A percentage in a file, as 0 to 1; None where it is none."""
    percent = read_number(path)
    return percent / 100 if percent is not None and 0 <= percent <= 100 else None


def hertz(paths: Iterable[Path]) -> float | None:
    """The first number of megahertz that is to be read."""
    megahertz = (read_number(path) for path in paths)
    return scaled(next((value for value in megahertz if value is not None), None), HERTZ)


def renamed(values: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """The values that have a name of ours, under it; the first of one name stays."""
    found: dict[str, float] = {}
    for theirs, ours in names.items():
        if theirs in values:
            found.setdefault(ours, values[theirs])
    return found


def thresholds(chip: Chip, names: Mapping[str, str]) -> dict[str, float]:
    """Where a card begins to slow down, and where it switches off. `names`: as for `renamed`."""
    limits = chip.temperature_limits_celsius
    return told(
        {
            ours: renamed(limits.get(theirs, {}), names).get("core") or None
            for theirs, ours in _THRESHOLDS.items()
        }
    )


def link(card: Card) -> dict[str, Any]:
    """The card's link to the machine, as fields of a `Gpu`; a part of the processor has none."""
    if card.is_integrated:
        return {}
    device = link_of_card(card.device)
    return {
        "pcie_link_generation": link_generations(device),
        "pcie_link_width": link_widths(device),
    }


def by_fan(values: Mapping[str, float]) -> dict[str, float]:
    """Values of `fan1` and `pwm1` under their fan, counted from 0."""
    numbers = {key: key.lstrip("abcdefghijklmnopqrstuvwxyz") for key in values}
    return {
        str(int(number) - 1): values[key] for key, number in numbers.items() if number.isdecimal()
    }


def _is_integrated(device: Path, vendor: str) -> bool:
    if vendor == "amd":
        # amdgpu shows the voltage of the northbridge for APUs only
        return any((folder / "in1_label").exists() for folder in matching(device / "hwmon"))
    # Intel's are on the first bus, as a part of the processor; cards are behind a port
    return (address_of(device) or "").split(":")[1:2] == ["00"]


def _driver_version(device: Path, host_sys: Path, host_proc: Path) -> str:
    driver = resolved(device / "driver")
    # drivers that come with the kernel have no version but the kernel's
    version = read_label(host_sys / "module" / driver.name / "version") if driver else ""
    return version or read_label(host_proc / "sys" / "kernel" / "osrelease")
