"""What requirements/*.txt pin, and what each of these sets is for."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

REPOSITORY = Path(__file__).resolve().parents[1]

SERVICES: Final = ("proxy", "engine", "traffic", "gpu-exporter", "dashboard")
"""Sets that are installed into an image of the same name."""
RUN_TIME: Final = (*SERVICES, "docker", "local", "locust", "model")
"""Sets that somebody has who runs the stack; `build` is in `docker` and `local`."""
BUILD: Final = "build"
DEVELOPMENT: Final = "dev"

_ENTRY = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\\n]*))?"
    r"(?P<hashes>(?:\s*\\\n\s+--hash=sha256:[0-9a-f]{64})+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One entry of a lock.

    `marker` is empty where the package is for every platform. `hashes` are the SHA-256 sums of the
    files that may be installed, one for each platform and one of the sources.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def key(self) -> str:
        """`NAME==VERSION`."""
        return f"{self.name}=={self.version}"

    @property
    def line(self) -> str:
        """What pip reads as this version and no other files."""
        return f"{self.key}{''.join(f' --hash=sha256:{value}' for value in self.hashes)}\n"


def parsed(text: str) -> tuple[Pin, ...]:
    """The entries of a lock, in its order."""
    return tuple(
        Pin(
            match["name"],
            match["version"],
            (match["marker"] or "").strip(),
            tuple(re.findall(r"sha256:([0-9a-f]{64})", match["hashes"])),
        )
        for match in _ENTRY.finditer(text)
    )


def names() -> tuple[str, ...]:
    """The sets that there are."""
    return tuple(sorted(path.stem for path in (REPOSITORY / "requirements").glob("*.txt")))


@cache
def pins(lock: str) -> tuple[Pin, ...]:
    """The entries of one set."""
    return parsed((REPOSITORY / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"))


def all_pins() -> dict[str, Pin]:
    """Every entry of every set, by name and version, in order."""
    found = {pin.key: pin for lock in names() for pin in pins(lock)}
    return dict(sorted(found.items()))


def sets_of() -> dict[str, tuple[str, ...]]:
    """The sets that each entry is in, by name and version."""
    found: dict[str, list[str]] = {}
    for lock in names():
        for pin in pins(lock):
            found.setdefault(pin.key, []).append(lock)
    return {key: tuple(locks) for key, locks in found.items()}


def normal(name: str) -> str:
    """A distribution's name as the locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()
