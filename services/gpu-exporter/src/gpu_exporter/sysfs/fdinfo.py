"""What the kernel tells of a file descriptor of a graphics card (`/proc/<pid>/fdinfo/<fd>`).

Pure.
Source: Linux, Documentation/gpu/drm-usage-stats.rst.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_UNITS = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_OF_THE_CARD = ("vram", "local")
_OF_THE_SYSTEM = ("gtt", "system", "stolen")


@dataclass(frozen=True, slots=True)
class Client:
    """A use of a card: several descriptors, of several processes too, may be of one.

    `resident_bytes`: by region of memory, as the driver names it (`vram`, `vram0`, `local0`,
    `gtt`, `system0`).
    """

    address: str
    client_id: str
    resident_bytes: Mapping[str, int]

    def memory_bytes(self, is_integrated: bool) -> int | None:
        """Of the card's memory; of an integrated one, which has none but the system's, of that."""
        regions = _OF_THE_CARD + (_OF_THE_SYSTEM if is_integrated else ())
        held = [size for name, size in self.resident_bytes.items() if name.startswith(regions)]
        return sum(held) if held else None


def parse(text: str) -> Client | None:
    """The client that a descriptor is of; None if the text tells of no PCI card."""
    pairs = dict(_pair(line) for line in text.splitlines() if line.startswith("drm-"))
    address = pairs.get("drm-pdev")
    if not address:
        return None
    # older drivers call memory what others call resident, and newer ones print both
    resident = _sizes(pairs, "drm-memory-") | _sizes(pairs, "drm-resident-")
    return Client(address, pairs.get("drm-client-id", ""), resident)


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key, value.strip()


def _sizes(pairs: Mapping[str, str], prefix: str) -> dict[str, int]:
    found = {}
    for key, value in pairs.items():
        number, _, unit = value.partition(" ")
        if key.startswith(prefix) and number.isdecimal():
            found[key.removeprefix(prefix)] = int(number) * _UNITS.get(unit, 1)
    return found
