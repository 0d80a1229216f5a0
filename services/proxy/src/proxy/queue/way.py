"""The way through the queue: on to the way that was chosen, when its turn has come."""

import copy
from collections.abc import Callable, Sequence

from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.requests import COPY_LIMIT_BYTES
from proxy.connections import Asker, Cancellable, Pool
from proxy.detours import Detour
from proxy.heads import RequestHead
from proxy.queue.gate import Gate
from proxy.queue.places import Party, Place
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket
from proxy.routing import Bypass
from proxy.ways import Trip
from proxy.witness import Witness

UNNAMED = ""
"""Those wait together whose model cannot be told: their body is no JSON, or too long to be kept."""


class QueuedTrip(Detour):
    """A Trip, and its own Pool: asked for a connection, it waits for its turn to ask for one.

    The body is kept until it is whole, since it says which model is to work. The turn is given
    back when the way is closed: until then the upstream works, or may.
    """

    def __init__(
        self,
        trip: Trip,
        gate: Gate,
        client: str,
        priority: Priority,
        witness: Witness,
        head: RequestHead,
        is_elsewhere: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_elsewhere`: asked once the body is known, whether nothing here has to work for it."""
        super().__init__(trip)
        self._is_elsewhere = is_elsewhere
        self._gate = gate
        self._client = client
        self.priority = priority
        self._witness = witness
        self._head = head
        self._place: Place | None = None

    @property
    def body_limit_bytes(self) -> int:
        """See Way."""
        return max(self.trip.body_limit_bytes, COPY_LIMIT_BYTES)

    @property
    def pool(self) -> Pool:
        """See Way."""
        return self

    def ask(self, asker: Asker) -> Cancellable | None:
        """See Pool."""
        party = Party(asker, self.trip, self._witness)
        if self._place is not None:
            return self._place.is_asked_again(party)
        if self._is_elsewhere():
            return self.trip.pool.ask(asker)
        model = normalise_model(self._witness.facts.model or "") or UNNAMED
        gate = self._gate
        now = gate.clock()
        ticket = Ticket(model, self._client, self.priority, now, self._head.held_bytes)
        self._place = Place(gate, ticket, party)
        return gate.enter(self._place)

    @property
    def own_lines(self) -> Sequence[bytes]:
        """See Way."""
        place = self._place
        if place is None or not self._gate.shows:
            return self.trip.own_lines
        lines = [*self.trip.own_lines, b"X-Queue-Wait-Seconds: %.3f" % place.waited_seconds]
        if place.came_at_position is not None:
            lines.append(b"X-Queue-Position: %d" % place.came_at_position)
        return lines

    def instead(self, reason: Bypass) -> Trip | None:
        """See Trip: who has had its turn keeps it, by whatever way."""
        other = self.trip.instead(reason)
        if other is None:
            return None
        trip = copy.copy(self)
        trip.trip, self._place = other, None
        return trip

    def yield_turn(self, to: Trip | None) -> None:
        """See Trip."""
        place, self._place = self._place, None
        if place is not None and not (isinstance(to, QueuedTrip) and to.takes(place)):
            place.close()
        self.trip.yield_turn(to.trip if isinstance(to, Detour) else to)

    def would_hold_up(self, other: Trip) -> bool:
        """See Trip: who is of a higher class waits behind nobody of a lower one."""
        if isinstance(other, QueuedTrip) and self._waits_below(other.priority):
            return True
        return super().would_hold_up(other)

    def takes(self, place: Place) -> bool:
        """Whether another's place is this one's from now on: it has none of its own."""
        if self._place is not None:
            return False
        self._place = place
        place.is_of(self.trip, self._witness)
        return True

    def _waits_below(self, priority: Priority) -> bool:
        """Whether it waits, or will have to, in a lower class."""
        place = self._place
        if place is None:
            return self.priority > priority and not self._is_elsewhere()
        return place.is_waiting and place.priority > priority

    def close(self) -> None:
        """See Way."""
        if self._place is not None:
            self._place.close()
        self.trip.close()
