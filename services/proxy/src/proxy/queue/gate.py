"""Lets requests go on to the upstream in the order of the line, and tells those who wait in vain.

Whose turn has come goes on in the next turn of the event loop: what ends one request is no place to
begin another's in.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from proxy.connections import Cancellable
from proxy.outcomes import Ending
from proxy.queue.estimates import assumed_wait_at, order_of, wait_at
from proxy.queue.line import Line
from proxy.queue.places import Place
from proxy.queue.refusals import refusal_of
from proxy.queue.rules import Rules
from proxy.queue.tickets import Ticket

FRESH_SECONDS = 0.25
"""For so long positions are good enough for those who look: to make them takes milliseconds."""


class _Order:
    """Positions by ticket, of one model's line as it was at an instant."""

    def __init__(self, line: Line, model: str, now: float) -> None:
        self.made_at = now
        self.changes = line.changes
        ordered = order_of(line, model, now)
        self.positions = {ticket: place for place, ticket in enumerate(ordered, 1)}


class Gate:
    """The queue of one process. `shows` says whether answers carry how they stood."""

    def __init__(
        self,
        rules: Rules,
        retry_after_seconds: int = 1,
        shows: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.line = Line(rules)
        self.clock = clock
        self.shows = shows
        self._retry_after_seconds = retry_after_seconds
        self._waiting: OrderedDict[Ticket, Place] = OrderedDict()
        """In the order in which they came."""
        self._due: list[Place] = []
        self._is_shut = False
        self._timer: asyncio.TimerHandle | None = None
        self._orders: dict[str, _Order] = {}

    def enter(self, place: Place) -> Cancellable | None:
        """Let a request go on, have it wait, or turn it away soon; see Pool.ask."""
        line, ticket, now = self.line, place.ticket, self.clock()
        if line.has_room(ticket.model):
            line.take(ticket, now)
            place.came_at_position = 0
            place.has_turn(now)
            return place.go()
        victims = line.victims_for(ticket)
        if victims is None:
            place.is_refused(now)
            self._turn_away(place, Ending.QUEUE_FULL)
            return place
        for victim in victims:
            self._expel(self._waiting[victim], Ending.QUEUE_DISPLACED)
        line.wait(ticket)
        self._waiting[ticket] = place
        place.waits(now)
        if self.shows:
            place.came_at_position = _Order(line, ticket.model, now).positions[ticket]
        if self._timer is None:
            self._time(line.rules.wait_seconds)
        return place

    def leave(self, place: Place) -> None:
        """One that waits has left."""
        self.line.leave(place.ticket, self.clock())
        self._has_left(place.ticket)

    def done(self, ticket: Ticket) -> None:
        """A slot has come back."""
        now = self.clock()
        self.line.done(ticket, now)
        while not self._is_shut and (following := self.line.next(now)) is not None:
            place = self._has_left(following)
            place.has_turn(now)
            if not self._due:
                asyncio.get_running_loop().call_soon(self._begin)
            self._due.append(place)

    def shut(self) -> None:
        """Nobody's turn comes any more: all that are left will be cut, one after the other."""
        self._is_shut = True

    def position_of(self, ticket: Ticket) -> int | None:
        """Where one of those that wait stands, as it was a moment ago."""
        order, now = self._orders.get(ticket.model), self.clock()
        is_new = order is None or ticket not in order.positions
        if order is None or is_new or (order.changes != self.line.changes and _is_old(order, now)):
            self._orders = {
                model: old for model, old in self._orders.items() if not _is_old(old, now)
            }
            order = self._orders[ticket.model] = _Order(self.line, ticket.model, now)
        return order.positions.get(ticket)

    def expected_of(self, ticket: Ticket) -> float | None:
        """How long one of those that wait is expected to wait still, in seconds."""
        position = self.position_of(ticket)
        if position is None:
            return None
        return wait_at(self.line, ticket.model, position, self.clock())

    def _has_left(self, ticket: Ticket) -> Place:
        """One waits no more, and perhaps nobody does."""
        place = self._waiting.pop(ticket)
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return place

    def _begin(self) -> None:
        due, self._due = self._due, []
        for place in due:
            place.begin()

    def _expel(self, place: Place, ending: Ending) -> None:
        self.leave(place)
        place.is_refused(self.clock())
        self._turn_away(place, ending)

    def _turn_away(self, place: Place, ending: Ending) -> None:
        """Soon: who asks is in the midst of asking, or another is."""
        line, model = self.line, place.ticket.model
        ahead = sum(map(len, line.lanes(model)))
        expected = assumed_wait_at(line, model, ahead + 1, self.clock())
        refusal = refusal_of(ending, line.rules, self._retry_after_seconds, expected)
        asyncio.get_running_loop().call_soon(partial(place.turn_away, refusal))

    def _time(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Those that have waited as long as one may wait no longer."""
        self._timer = None
        limit = self.clock() - self.line.rules.wait_seconds
        while self._waiting:
            place = next(iter(self._waiting.values()))
            left = place.ticket.since - limit
            if left > 0:
                self._time(left)
                return
            self._expel(place, Ending.QUEUE_TIMEOUT)


def _is_old(order: _Order, now: float) -> bool:
    return now - order.made_at > FRESH_SECONDS
