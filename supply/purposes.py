"""What each package is there for: the line beside it in a pyproject.toml, else who asks for it."""

import re
from collections.abc import Collection, Mapping, Sequence

from supply.locks import DEVELOPMENT, REPOSITORY
from supply.table import Entry

_LINE = re.compile(r'^  "(?P<name>[A-Za-z0-9._-]+)[^"]*",(?:  # (?P<why>.*))?$', re.MULTILINE)
_PROJECTS = (
    "pyproject.toml",
    "libs/*/pyproject.toml",
    "services/*/pyproject.toml",
    "stack/pyproject.toml",
)
_MODEL = "requirements/model.in"


def said_in(text: str) -> dict[str, str]:
    """The reasons in a pyproject.toml, by package; empty where a line gives none."""
    return {match["name"]: match["why"] or "" for match in _LINE.finditer(text)}


def reasons() -> dict[str, str]:
    """Those of the whole repository, the first for each package that gives one."""
    found: dict[str, str] = {}
    for pattern in _PROJECTS:
        for path in sorted(REPOSITORY.glob(pattern)):
            for name, why in said_in(path.read_text(encoding="utf-8")).items():
                found[name] = found.get(name) or why
    model = (REPOSITORY / _MODEL).read_text(encoding="utf-8").splitlines()
    return found | {model[1].partition("==")[0]: model[0].removeprefix("# ").rstrip(".")}


def purposes(
    table: Mapping[str, Entry], sets: Mapping[str, Collection[str]], said: Mapping[str, str]
) -> dict[str, str]:
    """For every package of the table, by name. Only who is in a set with it can ask for it."""
    sets_of = {key.partition("==")[0]: {*sets[key]} - {DEVELOPMENT} for key in table}
    asked_by: dict[str, list[str]] = {}
    for name, one in sorted((key.partition("==")[0], one) for key, one in table.items()):
        for need in one.needs:
            if need in sets_of and (sets_of[name] & sets_of[need] or not sets_of[need]):
                asked_by.setdefault(need, []).append(name)
    return {name: said.get(name) or _for(asked_by.get(name, [])) for name in sets_of}


def _for(others: Sequence[str]) -> str:
    if not others:
        return "an extra of another"
    return f"for {', '.join(others[:3])}{' and others' if others[3:] else ''}"
