"""A clock for tests of what happens over time."""

from dataclasses import dataclass


@dataclass
class Clock:
    """A clock that is moved by hand. Units: seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now
