"""One request's place in the queue: it waits, has its turn, and gives it back exactly once."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import structlog

from proxy.admission import Refusal
from proxy.connections import Asker, Cancellable
from proxy.failures import OWN_DEFECT, OwnDefect, TurnedAway, UpstreamError
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket
from proxy.ways import Trip
from proxy.witness import Witness

if TYPE_CHECKING:
    from proxy.queue.gate import Gate

_log = structlog.stdlib.get_logger("proxy.queue")


class State(Enum):
    """What becomes of a place."""

    NEW = auto()
    WAITING = auto()
    TURN = auto()
    """It has a slot, until it is closed."""
    REFUSED = auto()
    """Out of the line; who asked is told soon."""
    OVER = auto()


@dataclass(slots=True)
class Party:
    """Whose a place is: who asked for a connection, by which way on, and who takes note."""

    asker: Asker
    trip: Trip
    witness: Witness


class Place:
    """A Standing, and a Cancellable. `party` is let go of when it is over."""

    state = State.NEW
    came_at_position: int | None = None
    """Where it stood when it came; 0: it did not wait; None where nobody wanted to know."""
    _connecting: Cancellable | None = None

    def __init__(self, gate: "Gate", ticket: Ticket, party: Party) -> None:
        self.ticket = ticket
        self._gate = gate
        self._party: Party | None = party

    @property
    def priority(self) -> Priority:
        """See Standing."""
        return self.ticket.priority

    @property
    def is_waiting(self) -> bool:
        """It is in the line."""
        return self.state is State.WAITING

    @property
    def position(self) -> int | None:
        """See Standing."""
        return self._gate.position_of(self.ticket) if self.state is State.WAITING else None

    @property
    def expected_seconds(self) -> float | None:
        """See Standing."""
        return self._gate.expected_of(self.ticket) if self.state is State.WAITING else None

    @property
    def waited_seconds(self) -> float:
        """How long it waited for its turn, or has until now."""
        until = self.ticket.turn_at if self.state is State.TURN else self._gate.clock()
        return max(0.0, until - self.ticket.since)

    # what the gate says

    def waits(self, now: float) -> None:
        """It is in the line."""
        self.state = State.WAITING
        if self._party is not None:
            self._party.witness.queues(self, now)

    def has_turn(self, now: float) -> None:
        """It has a slot."""
        is_first_said = self.state is State.NEW
        self.state = State.TURN
        if self._party is not None:
            if is_first_said:
                self._party.witness.queues(self, now)
            self._party.witness.turn_came(now)

    def go(self) -> Cancellable | None:
        """Ask for a connection: at once, or by what is returned."""
        if self._party is None:
            return None
        self._connecting = self._party.trip.pool.ask(self._party.asker)
        return None if self._connecting is None else self

    def begin(self) -> None:
        """Ask for a connection, after a wait; unless who asked has left in the same instant."""
        try:
            self.go()
        except Exception as error:  # noqa: BLE001 (others' requests are in the same loop)
            _log.error("request_failed", error=type(error).__name__)
            self._tell(OwnDefect(OWN_DEFECT))

    def is_refused(self, now: float) -> None:
        """It is out of the line, or was never in it, and has no turn."""
        if self.state is State.NEW and self._party is not None:
            self._party.witness.queues(self, now)
        self.state = State.REFUSED

    def turn_away(self, refusal: Refusal) -> None:
        """Tell who asked, unless it has left."""
        if self.state is State.REFUSED:
            self._tell(TurnedAway(refusal))

    # what the way says

    def is_asked_again(self, party: Party) -> Cancellable | None:
        """It has a slot, and asks once more, by another way."""
        self._party = party
        return self.go()

    def is_of(self, trip: Trip, witness: Witness) -> None:
        """Another's request, to the same end, has it from now on."""
        if self._party is None:
            return
        self._party.trip, self._party.witness = trip, witness
        now = self._gate.clock()
        if self.state in (State.WAITING, State.TURN):
            witness.queues(self, now)
        if self.state is State.TURN:
            witness.turn_came(now)

    def cancel(self) -> None:
        """See Cancellable. Nobody waits for a connection any more; a slot is kept until closed."""
        if self.state is State.WAITING:
            self._gate.leave(self)
        if self.state is not State.TURN:
            self.state = State.OVER
        self._party = None
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()

    def close(self) -> None:
        """The request is over, and so is its place: a slot that it has is free."""
        has_slot = self.state is State.TURN
        self.cancel()
        self.state = State.OVER
        if has_slot:
            self._gate.done(self.ticket)

    def was_answered(self) -> None:
        """Its answer came whole: see Line.learn. It is closed by then."""
        self._gate.line.learn(self.ticket)

    def _tell(self, error: UpstreamError) -> None:
        party = self._party
        try:
            if party is not None:
                party.asker.failed(error)
        except Exception as defect:  # noqa: BLE001 (others wait to be told)
            _log.error("request_failed", error=type(defect).__name__)
