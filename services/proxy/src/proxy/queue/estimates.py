"""Where in the line each stands, and how long it is expected to wait. Pure.

The order is that in which those that wait now would have their turns if nobody came; the time goes
by how long requests of the model keep their slot, as far as it was seen. Both are estimates.
"""

import heapq
from collections.abc import Iterator

from proxy.queue.lanes import Key, Order
from proxy.queue.line import Line
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket


def order_of(line: Line, model: str, now: float) -> list[Ticket]:
    """Those that wait for a model, in the order in which their turns would come."""
    return list(_Coming(line, model, now).all())


class _Coming:
    """Plays the turns of a model's lanes, without touching the line."""

    def __init__(self, line: Line, model: str, now: float) -> None:
        self._now = now
        self._ageing_seconds = line.rules.ageing_seconds
        self._cost_seconds = line.paces.assumed(model)
        self._lanes = line.lanes(model)
        self._ahead = {lane.client: line.ahead_of(lane.client, model, now) for lane in self._lanes}
        self._left = [list(reversed(list(lane))) for lane in self._lanes]
        self._idle_since = [lane.idle_since for lane in self._lanes]

    def all(self) -> Iterator[Ticket]:
        """One class after the other, those that count as of it among them."""
        for highest in sorted({lane.priority for lane in self._lanes}):
            yield from self._of(highest)

    def _of(self, highest: Priority) -> Iterator[Ticket]:
        """Until nobody of a class is left.

        A lane that has had a turn comes later than it did, and so do its client's others; none
        comes earlier. So what is at the top of the heap and has not changed is the first of all.
        """
        order = Order(self._now, self._ageing_seconds, highest)
        heap = [
            (self._key(order, place), place)
            for place, lane in enumerate(self._lanes)
            if self._left[place] and order.is_open_to(lane.priority, self._idle_since[place])
        ]
        heapq.heapify(heap)
        own = sum(len(self._left[place]) for _, place in heap if self._is_of(place, highest))
        while own:
            key, place = heap[0]
            current = self._key(order, place)
            if current != key:
                heapq.heapreplace(heap, (current, place))
                continue
            own -= self._is_of(place, highest)
            yield self._take(place)
            if self._left[place] and self._is_of(place, highest):
                heapq.heapreplace(heap, (self._key(order, place), place))
            else:  # what has aged into the class had its turn, and is of its own again
                heapq.heappop(heap)

    def _is_of(self, place: int, highest: Priority) -> bool:
        return self._lanes[place].priority <= highest

    def _take(self, place: int) -> Ticket:
        self._idle_since[place] = self._now
        self._ahead[self._lanes[place].client] += self._cost_seconds
        return self._left[place].pop()

    def _key(self, order: Order, place: int) -> Key:
        ahead = self._ahead[self._lanes[place].client]
        return order.key_of(ahead, self._idle_since[place], self._left[place][-1].number)


def slots_of(line: Line, model: str) -> float:
    """How many slots a model has, as far as the total lets it: the models in use share that."""
    rules = line.rules
    if not rules.total:
        return float(rules.per_model)
    return min(float(rules.per_model), rules.total / max(1, len(line.models() | {model})))


def wait_at(line: Line, model: str, position: int, now: float) -> float | None:
    """The expected wait of who stands there, in seconds; None for a model not known yet."""
    pace = line.paces.of(model)
    return None if pace is None else _wait_at(line, model, position, now, pace)


def assumed_wait_at(line: Line, model: str, position: int, now: float) -> float:
    """The same; of a model not known yet as if it were like most."""
    return _wait_at(line, model, position, now, line.paces.assumed(model))


def _wait_at(line: Line, model: str, position: int, now: float, pace: float) -> float:
    running = next(iter(line.running(model)), None)
    first = 0.0 if running is None else max(0.0, pace - (now - running.turn_at))
    if running is None and line.in_turn:  # others have all the slots that there are
        first = pace / line.in_turn
    return first + (position - 1) * pace / slots_of(line, model)
