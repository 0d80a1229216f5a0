"""What macOS's registry of devices says of the graphics of Apple's chips.

Pure. Reads the property list that `ioreg -a -r -d 1 -c IOAccelerator` prints.
"""

import plistlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

COMMAND = ("ioreg", "-a", "-r", "-d", "1", "-c", "IOAccelerator")

_CLASSES = ("IOClass", "IORegistryEntryName", "IOObjectClass", "CFBundleIdentifier")
_ACCELERATOR = "AGXAccelerator"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """Apple's graphics. None, or empty, is what the registry does not say.

    `arch` is Apple's name of the generation (`G17X`); `memory_used_bytes` is what all processes'
    graphics have in use of the system's memory.
    """

    name: str
    arch: str
    driver_version: str
    cores: int | None
    utilization_ratio: float | None
    memory_used_bytes: float | None


def parse(text: bytes) -> list[Accelerator]:
    """Apple's accelerators; none on a Mac with another maker's graphics, or in a virtual machine.

    Raises: ValueError for what is no property list.
    """
    if not text.strip():
        return []
    try:
        entries = plistlib.loads(text)
    except (ExpatError, plistlib.InvalidFileException) as error:
        raise ValueError(f"ioreg printed no property list: {error}") from error
    entries = entries if isinstance(entries, list) else [entries]
    return [_accelerator(entry) for entry in entries if isinstance(entry, dict) and _is_ours(entry)]


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return any("AGX" in _text(entry.get(key)) for key in _CLASSES)


def _accelerator(entry: Mapping[str, Any]) -> Accelerator:
    statistics = entry.get("PerformanceStatistics")
    told = statistics if isinstance(statistics, dict) else {}
    percent = _number(told.get("Device Utilization %"))
    cores = _number(entry.get("gpu-core-count"))
    return Accelerator(
        name=_text(entry.get("model")) or "Apple GPU",
        arch=_arch(entry),
        driver_version=_text(entry.get("IOSourceVersion")),
        cores=None if cores is None else int(cores),
        utilization_ratio=percent / 100 if percent is not None and percent <= 100 else None,
        memory_used_bytes=_number(told.get("In use system memory")),
    )


def _arch(entry: Mapping[str, Any]) -> str:
    for key in _CLASSES:
        _, found, after = _text(entry.get(key)).partition(_ACCELERATOR)
        if found:
            return after
    return ""


def _text(value: object) -> str:
    # older systems keep names as bytes, with a zero at the end
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\0 ")
    return value.strip() if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    # a bool is an int to Python; statistics that wrapped are negative
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return float(value)
