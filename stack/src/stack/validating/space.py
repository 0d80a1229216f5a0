"""Disk and memory: what a start needs beside what is there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from stack.console import megabytes
from stack.places import IN_ITS_PLACE, MODEL_FILE
from stack.request import Request
from stack.validating.finding import Finding

_PACKAGES_BYTES = 450_000_000
_MODEL_BYTES = 190_000_000
"""The file, and the wheel that it is taken from."""
_PROMETHEUS_BYTES = 500_000_000
"""The archive and what is unpacked of it."""
_IMAGES_BYTES = 3_000_000_000
_OLLAMA_BYTES = 5_000_000_000
"""Ollama's image and MODEL."""
_LOGS_BYTES = 100_000_000
_GIGABYTE = 1_000_000_000

NEEDED_MEMORY_BYTES = 700_000_000
"""Of all parts with the embedded engine and its model loaded: an estimate, never measured."""


def of_disks(request: Request, has_prometheus: bool, is_embedded: bool) -> Iterator[Finding]:
    """One for each file system that processes of this machine write to."""
    places = request.places
    needs: dict[Path, int] = {}
    here = places.repository / ".venv"
    _add(needs, here, 0 if here.exists() else _PACKAGES_BYTES)
    is_fetched = (places.models / MODEL_FILE).exists() or not is_embedded
    fetched = (0 if is_fetched else _MODEL_BYTES) + (0 if has_prometheus else _PROMETHEUS_BYTES)
    _add(needs, places.downloads, fetched)
    _add(needs, places.state, _LOGS_BYTES)
    kept = request.settings.prometheus_retention_gigabytes * _GIGABYTE
    for folder, needed in _by_disk(needs).items():
        free = shutil.disk_usage(existing(folder)).free
        yield of_disk(places.shown(folder), free, needed, kept)


def of_disk(shown: str, free: int, needed: int, kept: int) -> Finding:
    """Whether it is enough; pure. `kept` is what Prometheus keeps, in time. Units: bytes."""
    if free < needed:
        why = f"{megabytes(free)} are free for {shown}, a start needs {megabytes(needed)}"
        return Finding("disk", False, why, IN_ITS_PLACE)
    if free < needed + kept:
        why = f"{megabytes(free)} are free for {shown}; Prometheus keeps up to {megabytes(kept)}"
        return Finding("disk", None, why, "make room, or PROMETHEUS_RETENTION_GIGABYTES=1")
    return Finding("disk", True, f"{free / _GIGABYTE:.0f} GB are free for {shown}")


def of_images(folder: str, are_here: bool, has_ollama: bool) -> Finding:
    """Docker's disk, where its folder can be seen from here."""
    path = Path(folder or "/nowhere")
    if not path.is_absolute() or existing(path) == Path("/"):
        return Finding("disk", None, "Docker's disk is not seen from here", "docker system df")
    needed = (0 if are_here else _IMAGES_BYTES) + (_OLLAMA_BYTES if has_ollama else 0)
    free = shutil.disk_usage(existing(path)).free
    if free < needed:
        why = (
            f"{megabytes(free)} are free for Docker ({folder}); images and a model take up to "
            f"{megabytes(needed)}"
        )
        return Finding("disk", None, why, "docker system prune removes what no container uses")
    return Finding("disk", True, f"{free / _GIGABYTE:.0f} GB are free for Docker ({folder})")


def of_memory(available: int) -> Finding:
    """Whether the parts fit; pure. Units: bytes."""
    if available < NEEDED_MEMORY_BYTES:
        why = (
            f"{megabytes(available)} of memory are available, all parts with the embedded engine "
            f"take {megabytes(NEEDED_MEMORY_BYTES)}"
        )
        return Finding("memory", None, why, "close something, or make start PROMETHEUS=off")
    return Finding("memory", True, f"{available / _GIGABYTE:.1f} GB are available")


def available_memory() -> int:
    """Units: bytes."""
    import psutil

    return int(psutil.virtual_memory().available)


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _add(needs: dict[Path, int], folder: Path, needed: int) -> None:
    needs[folder] = needs.get(folder, 0) + needed


def _by_disk(needs: dict[Path, int]) -> dict[Path, int]:
    """The needs of folders on one file system together, under the first of them."""
    first: dict[int, Path] = {}
    found: dict[Path, int] = {}
    for folder, needed in needs.items():
        one = first.setdefault(existing(folder).stat().st_dev, folder)
        found[one] = found.get(one, 0) + needed
    return found
