"""What the units are called, and which of a folder's files are ours. Pure."""

from collections.abc import Iterable

from stack.parts import STOP_ORDER

PREFIX = "ollama-observe-"
TARGET = "ollama-observe.target"
"""All of them as one: what is enabled, started and stopped."""

USER = "ollama-observe"
"""Whom the system's units run as; systemd makes it while one of them runs."""


def unit_of(part: str) -> str:
    """The unit of a part by the part's name."""
    return f"{PREFIX}{part}.service"


def part_of(unit: str) -> str:
    """The part of a unit of ours by the unit's name."""
    return unit.removeprefix(PREFIX).removesuffix(".service")


def ours(files: Iterable[str]) -> list[str]:
    """Those units of a folder that the stack may have written, the target first."""
    known = {TARGET, *map(unit_of, STOP_ORDER)}
    return sorted(known.intersection(files), key=lambda name: (name != TARGET, name))
