"""portkey/package-lock.json: what npm installs as the gateway, each package with its sum."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from supply.known import Known
from supply.locks import REPOSITORY
from supply.table import licence_of

LOCK = REPOSITORY / "portkey" / "package-lock.json"
_FOLDER = "node_modules"


@dataclass(frozen=True, slots=True)
class Package:
    """One entry of the lock.

    `place` is its folder, which tells two versions of a name apart. `integrity` is `sha512-` and
    the sum in base64. `needs` are the places of what it asks for.
    """

    place: str
    name: str
    version: str
    licence: str
    integrity: str
    needs: tuple[str, ...]


def parsed(text: str, known: Known) -> tuple[Package, ...]:
    """The packages, by place. Raises: UnknownLicenceError where a licence cannot be told."""
    entries: Mapping[str, Mapping[str, Any]] = json.loads(text)["packages"]
    return tuple(
        Package(
            place,
            name_of(place),
            said["version"],
            _licence(name_of(place), said, known),
            said["integrity"],
            tuple(sorted(_found(place, name, entries) for name in said.get("dependencies", {}))),
        )
        for place, said in sorted(entries.items())
        if place
    )


def packages(known: Known) -> tuple[Package, ...]:
    """Those of the gateway."""
    return parsed(LOCK.read_text(encoding="utf-8"), known)


def versions() -> dict[str, str]:
    """The same, by name alone, whatever their licences; of two versions of a name the last."""
    entries = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    return {name_of(place): said["version"] for place, said in sorted(entries.items()) if place}


def name_of(place: str) -> str:
    """`@scope/name` of `node_modules/other/node_modules/@scope/name`."""
    return place.rpartition(f"{_FOLDER}/")[2]


def _found(place: str, name: str, entries: Mapping[str, object]) -> str:
    """Where Node finds what a package asks for: beside it, else further out."""
    for folder in (PurePosixPath(place), *PurePosixPath(place).parents):
        candidate = str(folder / _FOLDER / name)
        if candidate in entries:
            return candidate
    raise ValueError(f"package-lock.json has no {name}, which {place} asks for")


def _licence(name: str, said: Mapping[str, Any], known: Known) -> str:
    told_as = f"{name} {said['version']} of portkey/package-lock.json"
    return licence_of(f"npm:{name}", told_as, str(said.get("license", "")), known)
