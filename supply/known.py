"""What people have read and decided: supply/known.toml and supply/exceptions.toml, typed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Reading:
    """A licence that the metadata does not say as SPDX does: what it says, and what it is."""

    declared: str
    licence: str
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A package whose licence is not on the list of those allowed, and why it may be there."""

    licence: str
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is no package of a lock.

    `group` is the table it stands in: `carried` inside another's package, `program`, `debian`,
    `image`, `model`, `vendored`, `named` in the documents alone. `of` is what carries it, or its
    place: a package, an image; `not_in`: an image that does without it. `purl` is without a
    version. `sha256` is known for files alone; `files` are where they lie, as they begin.
    """

    group: str
    name: str
    licence: str
    use: str
    of: str = ""
    not_in: str = ""
    purl: str = ""
    version: str = ""
    sha256: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """All of it.

    `words` are licences' names as metadata has them, by SPDX. `allowed` are the licences that a
    run-time set may have, with the reason.
    """

    words: Mapping[str, str]
    allowed: Mapping[str, str]
    readings: Mapping[str, Reading]
    kept: Mapping[str, Kept]
    parts: tuple[Part, ...]

    def of_group(self, group: str) -> dict[str, Part]:
        """The parts of one table, by name."""
        return {part.name: part for part in self.parts if part.group == group}


def parsed(text: str) -> Known:
    """Read from TOML."""
    raw = tomllib.loads(text)
    return Known(
        raw["words"],
        raw["allowed"],
        {name: Reading(**said) for name, said in raw["readings"].items()},
        {name: Kept(**said) for name, said in raw["kept"].items()},
        tuple(
            _part(group, name, said)
            for group, rows in raw["parts"].items()
            for name, said in rows.items()
        ),
    )


def _part(group: str, name: str, said: Mapping[str, Any]) -> Part:
    return Part(group, name, **{**said, "files": tuple(said.get("files", ()))})


@cache
def known() -> Known:
    """supply/known.toml."""
    return parsed((FOLDER / "known.toml").read_text(encoding="utf-8"))
