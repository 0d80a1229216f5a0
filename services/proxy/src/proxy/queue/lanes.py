"""Those that wait of one client, one class and one model: the one that came first goes first."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.queue.priorities import Priority
from proxy.queue.shares import GRAIN_SECONDS
from proxy.queue.tickets import Ticket

Key = tuple[int, float, int]
"""What goes first within a class: by share, since when it has had no turn, number."""


class Lane:
    """A row of tickets.

    `idle_since` says since when it has waited without a turn. A client that gets its turns ages no
    more for all that it has waiting: else a flood would soon be of the highest class.
    """

    __slots__ = ("_last_turn", "_tickets", "client", "head", "idle_since", "priority")

    def __init__(self, client: str, priority: Priority) -> None:
        self.client = client
        self.priority = priority
        self.head: Ticket
        """Who is next of them; as long as there is one."""
        self.idle_since = math.inf
        self._tickets: OrderedDict[Ticket, None] = OrderedDict()
        self._last_turn = -math.inf

    def __len__(self) -> int:
        return len(self._tickets)

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self._tickets)

    def add(self, ticket: Ticket) -> None:
        """One more waits."""
        self._tickets[ticket] = None
        if len(self._tickets) == 1:
            self._has_new_head()

    def remove(self, ticket: Ticket) -> None:
        """One waits no more, and had no turn."""
        del self._tickets[ticket]
        self._has_new_head()

    def take(self, now: float) -> Ticket:
        """The turn of the first has come."""
        ticket, _ = self._tickets.popitem(last=False)
        self._last_turn = now
        self._has_new_head()
        return ticket

    def _has_new_head(self) -> None:
        for head in self._tickets:
            self.head = head
            self.idle_since = max(head.since, self._last_turn)
            return


@dataclass(frozen=True, slots=True)
class Order:
    """Which lanes may have the next turn, at an instant.

    Each `ageing_seconds` without a turn are worth a class, up to `highest`, that of those who wait:
    so among requests of one class, however long they wait, clients' shares decide.
    """

    now: float
    ageing_seconds: float
    highest: int

    def is_open_to(self, priority: Priority, idle_since: float) -> bool:
        """Whether what is of this class, and has had no turn since, counts as of the highest."""
        return self.now - idle_since >= (priority - self.highest) * self.ageing_seconds

    @staticmethod
    def key_of(ahead: float, idle_since: float, number: int) -> Key:
        """The key of a lane whose first ticket has this number; the least goes first.

        `ahead` is how far its client is ahead of its share, in seconds of a slot, of which whole
        grains count.
        """
        return round(ahead / GRAIN_SECONDS), idle_since, number
