"""Which licences may be where. Nothing else than what is listed enters a run-time set.

What only tests and builders have may have any licence that SPDX knows: none of it is passed on.
Images of others and programs that are fetched are programs of their own; they are judged too, so
that one with other terms does not come in unnoticed.
"""

from collections.abc import Iterable, Mapping, Sequence

from supply.known import Known, Part
from supply.locks import BUILD, RUN_TIME
from supply.npm import Package
from supply.spdx import choices, is_valid
from supply.table import Entry

_OF_TESTS_ALONE = frozenset({"axe-core"})


def is_run_time(sets: Iterable[str]) -> bool:
    """Whether somebody who runs the stack has what is in these sets."""
    return not set(sets).isdisjoint((*RUN_TIME, BUILD))


def may_run(name: str, licence: str, known: Known) -> bool:
    """Whether something of this licence may be in a run-time set."""
    kept = known.kept.get(name)
    if kept is not None and kept.licence == licence:
        return True
    return any(way <= known.allowed.keys() for way in choices(licence))


def refusals(
    table: Mapping[str, Entry],
    sets: Mapping[str, Sequence[str]],
    npm: Iterable[Package],
    parts: Iterable[Part],
    known: Known,
) -> list[str]:
    """A sentence for each licence that may not be where it is."""
    ours = {
        key.partition("==")[0]: (one.licence, f"requirements/{_first(sets[key])}.txt")
        for key, one in table.items()
        if is_run_time(sets[key])
    }
    theirs = {one.name: (one.licence, "portkey/package-lock.json") for one in npm}
    others = {
        part.name: (part.licence, f"supply/known.toml, {part.group}")
        for part in parts
        if part.name not in _OF_TESTS_ALONE
    }
    return [
        f"{name} ({where}) is under {licence}, which is not among the licences that may run here: "
        f"take another package, or give the reason as [kept.{name!r}] in supply/known.toml"
        for found in (ours, theirs, others)
        for name, (licence, where) in sorted(found.items())
        if not is_valid(licence) or not may_run(name, licence, known)
    ]


def _first(sets: Sequence[str]) -> str:
    return next(name for name in sets if is_run_time((name,)))


def leftovers(
    table: Mapping[str, Entry], npm: Iterable[Package], parts: Iterable[Part], known: Known
) -> list[str]:
    """A sentence for each decision about something that is not there any more."""
    names = {key.partition("==")[0] for key in table}
    there = names | {one.name for one in npm} | {part.name for part in parts}
    there |= {f"npm:{one.name}" for one in npm}
    decided = {
        **dict.fromkeys(known.kept, "kept"),
        **dict.fromkeys(known.readings, "readings"),
    }
    carriers = {part.of for part in parts if part.group in ("carried", "model")}
    return [
        *(
            f"supply/known.toml has [{group}.{name!r}], and nothing of that name is taken any more"
            for name, group in decided.items()
            if name not in there
        ),
        *(
            f"supply/known.toml has parts of {name}, which no lock names any more"
            for name in sorted(carriers - names)
        ),
    ]
