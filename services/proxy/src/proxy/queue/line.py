"""Who waits, and who is next. Pure: no I/O, and no clock of its own.

A turn goes to the first of the lane that comes first: by class, higher for each stretch of time
that it has had no turn; then by what its client has had, beside an equal share; then by how long it
has had no turn. A lane whose model has no slot is passed over, so that none holds up another's.

Nobody starves. A lane that has had no turn for long enough is of the highest class, and its client
as far behind its share as counts (shares.py). Then only those go before it that have had no turn
for longer still, and each but once: after that they have had one later. So the first of a lane
waits no longer than until then, and while each lane that was there before it has one turn.

Whoever calls sees to it that no slot is free while somebody waits for it: `next`, until None, after
everything that may make room.
"""

from collections.abc import Collection, Iterator
from itertools import count
from operator import itemgetter

from proxy.queue.displacing import victims_for
from proxy.queue.lanes import Lane, Order
from proxy.queue.paces import MOST_MODELS, Paces
from proxy.queue.priorities import Priority
from proxy.queue.rules import Rules
from proxy.queue.shares import Shares
from proxy.queue.tickets import Ticket

_Lanes = dict[tuple[str, Priority], Lane]
_ALL = ""


class Line:
    """The line of one process. Instants are seconds of one clock, and never go back."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.paces = Paces()
        self._shares: dict[str, Shares] = {}
        self.waiting = 0
        """How many wait."""
        self.waiting_bytes = 0
        self.in_turn = 0
        """How many have their turn."""
        self.changes = 0
        """Counts what may change the order of those that wait."""
        self._numbers = count(1)
        self._lanes: dict[str, _Lanes] = {}
        self._running: dict[str, dict[Ticket, None]] = {}

    def __iter__(self) -> Iterator[Ticket]:
        """Those that wait, in no order."""
        lanes = (lane for lanes in self._lanes.values() for lane in lanes.values())
        return (ticket for lane in lanes for ticket in lane)

    def has_room(self, model: str) -> bool:
        """Whether a request of this model would have its turn at once."""
        if self.rules.total and self.in_turn >= self.rules.total:
            return False
        return len(self._running.get(model, ())) < self.rules.per_model

    def running(self, model: str) -> Collection[Ticket]:
        """Those of a model that have their turn, the first to have it first."""
        return self._running.get(model, ())

    def models(self) -> set[str]:
        """The models for which somebody waits, or has its turn."""
        return self._lanes.keys() | self._running.keys()

    def lanes(self, model: str) -> list[Lane]:
        """The lanes of those that wait for a model."""
        return list(self._lanes.get(model, {}).values())

    def ahead_of(self, client: str, model: str, now: float) -> float:
        """How far a client is ahead of its share, in seconds of a slot."""
        shares = self._shares.get(self._domain(model))
        return 0.0 if shares is None else shares.of(client, now)

    def victims_for(self, ticket: Ticket) -> list[Ticket] | None:
        """Those who make room for one that is to wait; None where it may not."""
        rules = self.rules
        has_place = self.waiting < rules.length
        if has_place and self.waiting_bytes + ticket.size_bytes <= rules.size_bytes:
            return []
        return victims_for(ticket, self, rules)

    def take(self, ticket: Ticket, now: float) -> None:
        """One that has not waited has its turn."""
        ticket.number = next(self._numbers)
        self._begin(ticket, now)

    def wait(self, ticket: Ticket) -> None:
        """One more waits."""
        ticket.number = next(self._numbers)
        self._shares_of(ticket.model).wait(ticket.client, ticket.since)
        lanes = self._lanes.setdefault(ticket.model, {})
        place = ticket.client, ticket.priority
        lane = lanes.get(place)
        if lane is None:
            lane = lanes[place] = Lane(*place)
        lane.add(ticket)
        self.changes += 1
        self.waiting += 1
        self.waiting_bytes += ticket.size_bytes

    def leave(self, ticket: Ticket, now: float) -> None:
        """One waits no more, and had no turn."""
        lane = self._lanes[ticket.model][ticket.client, ticket.priority]
        lane.remove(ticket)
        self._left(ticket, lane, now)
        self._forget_shares(ticket.model)

    def next(self, now: float) -> Ticket | None:
        """Whose turn it is now, and has it; None where nobody waits whom there is room for."""
        rules = self.rules
        if not self.waiting or (rules.total and self.in_turn >= rules.total):
            return None
        with_room = [
            (self._shares[self._domain(model)], lane)
            for model, lanes in self._lanes.items()
            if len(self._running.get(model, ())) < rules.per_model
            for lane in lanes.values()
        ]
        if not with_room:
            return None
        highest = min(lane.priority for _, lane in with_room)
        order = Order(now, rules.ageing_seconds, highest)
        _, best = min(
            (
                (order.key_of(shares.of(lane.client, now), lane.idle_since, lane.head.number), lane)
                for shares, lane in with_room
                if order.is_open_to(lane.priority, lane.idle_since)
            ),
            key=itemgetter(0),
        )
        ticket = best.take(now)
        self._begin(ticket, now)
        self._left(ticket, best, now)
        return ticket

    def done(self, ticket: Ticket, now: float) -> None:
        """One that had its turn has ended, however that was: see `learn`."""
        running = self._running[ticket.model]
        del running[ticket]
        if not running:
            del self._running[ticket.model]
        self.in_turn -= 1
        self.changes += 1
        self._shares[self._domain(ticket.model)].end(ticket.client, now, ticket.cost_seconds)
        ticket.kept_seconds = now - ticket.turn_at
        self._forget_shares(ticket.model)

    def learn(self, ticket: Ticket) -> None:
        """One that has ended was answered whole: the next is expected to take as long.

        One that failed took no time, or all that there was, and says nothing of the others.
        """
        if ticket.kept_seconds is not None:
            self.paces.learn(ticket.model, ticket.kept_seconds)

    def _domain(self, model: str) -> str:
        """Within what clients share: the slots of a model, or those that all models have."""
        return _ALL if self.rules.total else model

    def _shares_of(self, model: str) -> Shares:
        return self._shares.setdefault(self._domain(model), Shares())

    def _forget_shares(self, model: str) -> None:
        """Of models that nobody asks for: names are clients' own."""
        domain = self._domain(model)
        if model in self._lanes or model in self._running:
            return
        if domain != _ALL and (not self._shares[domain] or len(self._shares) > MOST_MODELS):
            del self._shares[domain]

    def _begin(self, ticket: Ticket, now: float) -> None:
        ticket.turn_at = now
        ticket.cost_seconds = self.paces.assumed(ticket.model)
        self._running.setdefault(ticket.model, {})[ticket] = None
        self.in_turn += 1
        self.changes += 1
        self._shares_of(ticket.model).begin(ticket.client, now, ticket.cost_seconds)

    def _left(self, ticket: Ticket, lane: Lane, now: float) -> None:
        self._shares[self._domain(ticket.model)].leave(ticket.client, now)
        if not lane:
            lanes = self._lanes[ticket.model]
            del lanes[ticket.client, ticket.priority]
            if not lanes:
                del self._lanes[ticket.model]
        self.changes += 1
        self.waiting -= 1
        self.waiting_bytes -= ticket.size_bytes
