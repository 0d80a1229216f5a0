"""How a request stands in the queue, as those see it who only look."""

from typing import Protocol

from proxy.queue.priorities import Priority


class Standing(Protocol):
    """One request's place in the queue."""

    @property
    def priority(self) -> Priority:
        """The class that it was given."""

    @property
    def position(self) -> int | None:
        """1 for who is next of those that wait for its model; None for one that does not wait."""

    @property
    def expected_seconds(self) -> float | None:
        """An estimate of how long it still waits; None where nothing is known to tell it by."""

    def was_answered(self) -> None:
        """Its answer came whole, and its slot has come back: the next may take as long."""
