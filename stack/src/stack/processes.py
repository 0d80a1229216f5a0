"""A part's process as whoever runs it tells: the supervisor, or systemd."""

from dataclasses import dataclass
from typing import Protocol

RUNNING = frozenset({"RUNNING", "STARTING"})
ENDED = frozenset({"STOPPED", "EXITED", "FATAL"})
"""States, in the supervisor's words."""


@dataclass(frozen=True, slots=True)
class Process:
    """What the supervisor knows of one part. Units: `since` is Unix time in seconds."""

    name: str
    state: str
    pid: int | None
    since: int
    uptime_seconds: int
    detail: str


class Watches(Protocol):
    """Whoever runs parts and knows how they are."""

    def processes(self) -> dict[str, Process]:
        """Every part by name, as it is now."""
