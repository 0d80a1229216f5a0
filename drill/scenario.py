"""What a scenario is: a condition, the alerts that it must make fire, and those that it may."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum

from drill.world import World

Condition = Callable[[World], AbstractAsyncContextManager[None]]
"""Lasts while the block runs."""


class Component(StrEnum):
    """What a machine may lack."""

    COMPILER = "cc"
    """A C compiler, for a driver with cards."""
    GATEWAY = "node"
    """Node.js and an installed Portkey gateway."""
    MOUNT = "mount"
    """The right to mount a file system."""
    PROC = "proc"
    """Processes whose words and variables can be read, as on Linux."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert by its name, and by labels where it must be about one thing."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether an alert that Prometheus tells of is this one."""
        is_same = (labels.get(label) == value for label, value in self.labels.items())
        return name == self.name and all(is_same)


def alert(name: str, **labels: str) -> Alert:
    """An alert, with its labels as words."""
    return Alert(name, labels)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One condition. `how` says in a few words what is done.

    `may` are names of alerts that the same condition can set off besides.
    Units: `rests_seconds` since the healthy traffic ended.
    """

    how: str
    fires: tuple[Alert, ...]
    condition: Condition
    may: tuple[str, ...] = ()
    needs: Component | None = None
    rests_seconds: float = 0.0

    @property
    def names(self) -> frozenset[str]:
        """The alerts that it accounts for."""
        return frozenset((*(alert.name for alert in self.fires), *self.may))
