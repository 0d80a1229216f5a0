"""A PCI device as /sys shows it: where it is, whether it sleeps, how fast its link is."""

import re
from pathlib import Path

from gpu_exporter.gpu import told
from gpu_exporter.machine.files import read_number, read_text, resolved

_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_TRANSFERS = re.compile(r"([0-9]+(?:\.[0-9]+)?) GT/s")

_GENERATIONS = {2.5: 1.0, 5.0: 2.0, 8.0: 3.0, 16.0: 4.0, 32.0: 5.0, 64.0: 6.0}
"""By gigatransfers a second."""

_WIDEST = 32.0
"""The kernel writes 63 or 255 where it does not know."""


def address_of(device: Path) -> str | None:
    """The address of a device, or of the PCI device that it hangs on: `0000:03:00.0`."""
    path = resolved(device)
    for part in reversed(path.parts if path else ()):
        if _ADDRESS.fullmatch(part):
            return part
    return None


def is_suspended(device: Path) -> bool:
    """Whether the kernel has put a device to sleep: reading its sensors might wake it."""
    return read_text(device / "power" / "runtime_status") == "suspended"


def link_of_card(device: Path) -> Path:
    """The device whose link is the card's to the machine.

    Cards that carry a switch of their own (Radeon since RDNA, Arc) show there what was negotiated;
    the device of the card itself shows the link inside the card.
    """
    top = resolved(device) or device
    vendor = read_text(top / "vendor")
    # a root port, whose parent is no PCI device, is the machine's, even if of the same vendor
    while (
        vendor is not None
        and _is_pci(top.parent)
        and _is_pci(top.parent.parent)
        and read_text(top.parent / "vendor") == vendor
    ):
        top = top.parent
    return top


def link_generations(device: Path) -> dict[str, float]:
    """PCIe generation of a device's link; keys `current` and `max`."""
    return told(
        {
            "current": _generation(device / "current_link_speed"),
            "max": _generation(device / "max_link_speed"),
        }
    )


def link_widths(device: Path) -> dict[str, float]:
    """Lanes of a device's link; keys `current` and `max`."""
    found = {
        "current": read_number(device / "current_link_width"),
        "max": read_number(device / "max_link_width"),
    }
    return {kind: value for kind, value in found.items() if value and value <= _WIDEST}


def _is_pci(folder: Path) -> bool:
    return _ADDRESS.fullmatch(folder.name) is not None


def _generation(path: Path) -> float | None:
    transfers = _TRANSFERS.match(read_text(path) or "")
    return _GENERATIONS.get(float(transfers[1])) if transfers else None
