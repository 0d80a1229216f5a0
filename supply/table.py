"""requirements/licences.toml: what each package of the locks says, and what its licence is.

It is written where packages can be had (`make licences`), and read where they cannot.
"""

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from supply.known import Known
from supply.locks import REPOSITORY, Pin
from supply.metadata import Facts
from supply.spdx import canonical

TABLE = REPOSITORY / "requirements" / "licences.toml"
_HEAD = """\
# The licences of what the locks beside this file pin, by what each package says of itself.
# Written by `make licences`, which `make lock` runs; what metadata leaves open is decided in
# supply/known.toml. `texts`: licence files in the package. `needs`: the packages it asks for.
"""


class UnknownLicenceError(Exception):
    """A package's licence cannot be told. The message says what it says, and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One package: its licence by SPDX, and its own words."""

    licence: str
    declared: str
    texts: int
    needs: tuple[str, ...]


def entry(pin: Pin, said: Facts, known: Known) -> Entry:
    """The entry of one package. Raises: UnknownLicenceError where nobody has decided."""
    licence = licence_of(pin.name, pin.key, said.declared, known)
    return Entry(licence, said.declared, said.texts, said.needs)


def licence_of(name: str, told_as: str, declared: str, known: Known) -> str:
    """What a package's words mean in SPDX. A decision holds while the words stay the same.

    `name` is that of its reading; `told_as` names it and its version for people.
    Raises: UnknownLicenceError where nobody has decided.
    """
    reading = known.readings.get(name)
    if reading is not None and reading.declared == declared:
        return reading.licence
    if reading is not None:
        raise UnknownLicenceError(
            f"{told_as} now says {declared!r} of its licence, and supply/known.toml was decided "
            f"for {reading.declared!r}: read its licence and correct [readings.{name!r}]"
        )
    found = canonical(declared) or known.words.get(declared)
    if found is None:
        raise UnknownLicenceError(
            f"{told_as} says {declared!r} of its licence, which SPDX does not know: read its "
            f"licence and write it down as [readings.{name!r}] in supply/known.toml"
        )
    return found


def made(
    pins: Iterable[Pin],
    before: Mapping[str, Entry],
    known: Known,
    read: Callable[[Pin], Facts],
) -> tuple[dict[str, Entry], list[str]]:
    """The table of these packages, and a sentence for each that cannot be told.

    What was read before is not read again: a version does not change. What people decided may.
    """
    table, open_questions = {}, []
    for pin in pins:
        had = before.get(pin.key)
        said = Facts(had.declared, had.texts, had.needs) if had else read(pin)
        try:
            table[pin.key] = entry(pin, said, known)
        except UnknownLicenceError as error:
            open_questions.append(str(error))
    return table, open_questions


def written(table: Mapping[str, Entry]) -> str:
    """As TOML."""
    sections = (
        f'["{key}"]\n'
        f"licence = {json.dumps(one.licence)}\n"
        f"declared = {json.dumps(one.declared, ensure_ascii=False)}\n"
        f"texts = {one.texts}\n"
        f"needs = {json.dumps(list(one.needs))}\n"
        for key, one in sorted(table.items())
    )
    return "\n".join((_HEAD, *sections))


def parsed(text: str) -> dict[str, Entry]:
    """From TOML."""
    return {
        key: Entry(said["licence"], said["declared"], said["texts"], tuple(said["needs"]))
        for key, said in tomllib.loads(text).items()
    }


def load(path: Path = TABLE) -> dict[str, Entry]:
    """The table; empty where there is none."""
    return parsed(path.read_text(encoding="utf-8")) if path.exists() else {}
