"""A place in a flight: one exchange's connection to an answer that several may wait for."""

import asyncio
from typing import TYPE_CHECKING, Protocol

from proxy.cache.entries import Entry
from proxy.connections import Asker
from proxy.ways import Trip
from proxy.witness import Rest

if TYPE_CHECKING:
    from proxy.cache.flights import Flight


class Rider(Protocol):
    """Who has a seat, beside its exchange."""

    @property
    def trip(self) -> Trip:
        """The way that its own request would go."""

    def shares(self, entry: Entry | None) -> None:
        """An answer begins that another's request has brought; or ends: what was recorded of it."""

    def hands_on(self) -> None:
        """It leaves before anything came, and another takes its place."""

    def takes_over(self, trip: Trip, sent_at: float) -> None:
        """Whose request went this way has left, and what comes of it is now this one's."""

    def outlived(self) -> Rest | None:
        """It leaves in mid-answer: who takes note of the rest; None where it had everything."""

    def hangs(self) -> None:
        """The upstream keeps what it got."""


class Seat:
    """The connection of one exchange to a flight. A Connection."""

    def __init__(self, flight: "Flight", asker: Asker, rider: Rider) -> None:
        self.flight = flight
        self.asker: Asker | None = asker
        self.rider = rider
        self.place = 0
        """How many parts of the answer it has got."""
        self.is_paused = False
        self.has_head = False

    def begin(self, asker: Asker, method: bytes) -> None:  # noqa: ARG002 (who asks is known)
        """See Connection."""
        self.flight.begin(self, method)

    def send(self, data: bytes) -> None:
        """See Connection."""
        self.flight.send(self, data)

    def request_ended(self) -> None:
        """See Connection."""
        self.flight.request_ended(self)

    def send_end(self) -> bool:
        """See Connection: the end of one of several is not passed on."""
        return self.flight.send_end()

    def pause(self) -> None:
        """See Connection."""
        self.is_paused = True
        self.flight.govern()

    def resume(self) -> None:
        """See Connection."""
        if self.is_paused:
            self.is_paused = False
            asyncio.get_running_loop().call_soon(self.flight.serve, self)

    def give_up(self) -> None:
        """See Connection."""
        self.flight.leave(self)
