"""Who gives its place up where the line is full, so that nobody fills it alone.

A newcomer takes the place of the latest request of a lower class: of its own client, or of one that
has as much waiting as the newcomer's client has then. Or, of whatever class, the latest of a client
that would still have as much. A lower class first: in a line full of low ones a high one finds
room. But who has much waiting takes nobody's only place, however often it comes again: else a
low class would never wait for long enough to be of a higher one.
"""

from collections.abc import Callable, Iterable

from proxy.queue.priorities import Priority
from proxy.queue.rules import Rules
from proxy.queue.tickets import Ticket

_Measure = Callable[[Ticket], int]


def victims_for(newcomer: Ticket, waiting: Iterable[Ticket], rules: Rules) -> list[Ticket] | None:
    """Those who make room for a newcomer, perhaps none; None where there is none to be made."""
    if not rules.length or newcomer.size_bytes > rules.size_bytes:
        return None
    left = dict.fromkeys(waiting)
    victims: list[Ticket] = []
    bounds: tuple[tuple[_Measure, int], ...] = ((_one, rules.length), (_size, rules.size_bytes))
    for measure, bound in bounds:
        over = sum(map(measure, left)) + measure(newcomer) - bound
        giving = _Giving(newcomer, left, measure) if over > 0 else None
        while giving is not None and over > 0:
            victim = giving.take()
            if victim is None:
                return None
            del left[victim]
            victims.append(victim)
            over -= measure(victim)
    return victims


class _Giving:
    """Those who may give their places up, by client and class.

    What a client holds only becomes less: who need not go will not have to later.
    """

    def __init__(self, newcomer: Ticket, waiting: Iterable[Ticket], measure: _Measure) -> None:
        self._newcomer = newcomer
        self._measure = measure
        self._held: dict[str, int] = {newcomer.client: 0}
        self._rows: dict[tuple[Priority, str], list[Ticket]] = {}
        for one in sorted(waiting, key=_number):
            self._held[one.client] = self._held.get(one.client, 0) + measure(one)
            self._rows.setdefault((one.priority, one.client), []).append(one)
        self._own = self._held[newcomer.client] + measure(newcomer)

    def take(self) -> Ticket | None:
        """The next to go; None where nobody has to."""
        for place, row in list(self._rows.items()):
            while row and not self._may_go(row[-1]):
                row.pop()
            if not row:
                del self._rows[place]
        if not self._rows:
            return None
        victim = max((row[-1] for row in self._rows.values()), key=self._rank)
        self._rows[victim.priority, victim.client].pop()
        self._held[victim.client] -= self._measure(victim)
        return victim

    def _may_go(self, one: Ticket) -> bool:
        newcomer, size, held = self._newcomer, self._measure(one), self._held[one.client]
        if not size:
            return False
        if one.client == newcomer.client:
            return one.priority > newcomer.priority
        return held - (0 if one.priority > newcomer.priority else size) >= self._own

    def _rank(self, one: Ticket) -> tuple[Priority, int, int]:
        return one.priority, self._held[one.client], one.number


def _number(ticket: Ticket) -> int:
    return ticket.number


def _size(ticket: Ticket) -> int:
    return ticket.size_bytes


def _one(ticket: Ticket) -> int:  # noqa: ARG001 (a measure)
    return 1
