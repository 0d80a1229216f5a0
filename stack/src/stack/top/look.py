"""What a viewer chose with keys: the order of the requests, one model, a standstill. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from stack.top.facts import Facts
from stack.top.table import Entry

T = TypeVar("T")

SORTS = ("age", "tokens", "tok/s", "model")
QUIT = frozenset("qQ\x03\x04")
"""Ctrl-C and Ctrl-D among them: the terminal hands them on as they are typed."""


@dataclass(frozen=True, slots=True)
class Look:
    """`model` None is all of them."""

    sort: str = SORTS[0]
    model: str | None = None
    is_paused: bool = False


def pressed(look: Look, key: str, models: Sequence[str]) -> Look:
    """After a key; `models` are those that can be chosen. Most keys mean nothing."""
    match key:
        case "p" | "P" | " ":
            return replace(look, is_paused=not look.is_paused)
        case "s":
            return replace(look, sort=_after(SORTS, look.sort))
        case "S":
            return replace(look, sort=_after(SORTS[::-1], look.sort))
        case "m":
            return replace(look, model=_after((None, *models), look.model))
        case "M":
            return replace(look, model=_after((*models[::-1], None), look.model))
    return look


def models_of(facts: Facts) -> list[str]:
    """The models that are there to be chosen: loaded, asked now, or of late."""
    named = [model.name for model in facts.models]
    named += [one.model for one in facts.requests]
    named += [one.model for one in facts.finished]
    return sorted({name for name in named if name and name != "none"})


def ordered(requests: Iterable[Entry], look: Look) -> list[Entry]:
    """The wanted requests in the wanted order, the most first; of equals, the oldest first."""
    found = sorted(
        (one for one in requests if look.model in (None, one.model)),
        key=lambda one: -one.age_seconds,
    )
    match look.sort:
        case "tokens":
            found.sort(key=lambda one: -(one.tokens or 0))
        case "tok/s":
            found.sort(key=lambda one: -(one.tokens_per_second or 0.0))
        case "model":
            found.sort(key=lambda one: one.model)
    return found


def _after(choices: Sequence[T], chosen: T) -> T:
    place = choices.index(chosen) if chosen in choices else -1
    return choices[(place + 1) % len(choices)]
