"""The proxy's queue played on paper: who comes when and needs how long, and what became of each.

A discrete-event simulation. Nothing in it waits or is random by itself: the same comers, the same
end.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from proxy.queue.line import Line
from proxy.queue.priorities import Priority
from proxy.queue.rules import Rules
from proxy.queue.tickets import Ticket

ROOMY = Rules(
    per_model=1,
    total=0,
    length=100_000,
    size_bytes=1 << 40,
    wait_seconds=1e9,
    ageing_seconds=60.0,
)


@dataclass(slots=True)
class Comer:
    """A request: when it comes, what it is, how long its answer takes; then what became of it."""

    at: float
    client: str = "c"
    seconds: float = 1.0
    model: str = "m"
    priority: Priority = Priority.NORMAL
    size_bytes: int = 0
    turn_at: float | None = None
    """None: it had none."""
    ended_at: float | None = None
    is_refused: bool = False
    ahead: int = 0
    """How many lanes there were when it came."""

    @property
    def wait_seconds(self) -> float:
        """How long it waited for its turn."""
        assert self.turn_at is not None
        return self.turn_at - self.at


@dataclass
class Play:
    """A line, and what happens to it. `first_come` has it served in the order of coming."""

    rules: Rules = ROOMY
    first_come: bool = False
    then: Callable[[Comer], Comer | None] = lambda _comer: None
    """Who comes when one has ended: a client that asks one after the other."""
    again: Callable[[Comer, float], Comer | None] = lambda _comer, _now: None
    """Who comes when one was refused: a client that tries again."""
    looks: Callable[["Play"], None] = lambda _play: None
    """Called after each event."""
    now: float = 0.0
    line: Line = field(init=False)
    comers: dict[Ticket, Comer] = field(default_factory=dict)
    """Those that wait, or have their turn."""
    served: list[Comer] = field(default_factory=list)
    """In the order in which they had their turns."""
    refused: list[Comer] = field(default_factory=list)
    _ends: list[tuple[float, int, Ticket]] = field(default_factory=list)
    _arrivals: list[tuple[float, int, Comer]] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self.line = Line(self.rules)

    def run(self, comers: Iterable[Comer], until: float = 1e12) -> "Play":
        """Let them come, and all of it happen that happens before `until`."""
        for comer in comers:
            self._comes(comer)
        while self._arrivals or self._ends:
            is_end = not self._arrivals or (
                bool(self._ends) and self._ends[0][0] <= self._arrivals[0][0]
            )
            self.now = (self._ends if is_end else self._arrivals)[0][0]
            if self.now > until:
                break
            if is_end:
                self._ended(heapq.heappop(self._ends)[2])
            else:
                self._enters(heapq.heappop(self._arrivals)[2])
            self.looks(self)
        return self

    def waiting(self) -> Iterator[Comer]:
        """Those that wait."""
        return (self.comers[ticket] for ticket in self.line)

    def _comes(self, comer: Comer) -> None:
        self._number += 1
        heapq.heappush(self._arrivals, (comer.at, self._number, comer))

    def _enters(self, comer: Comer) -> None:
        line = self.line
        client, priority = (
            ("", Priority.NORMAL)
            if self.first_come
            else (
                comer.client,
                comer.priority,
            )
        )
        ticket = Ticket(comer.model, client, priority, self.now, comer.size_bytes)
        comer.ahead = sum(len(line.lanes(model)) for model in line.models())
        if line.has_room(comer.model):
            self.comers[ticket] = comer
            line.take(ticket, self.now)
            self._begins(ticket)
            return
        victims = line.victims_for(ticket)
        if victims is None:
            self._refuses(comer)
            return
        for victim in victims:
            line.leave(victim, self.now)
            self._refuses(self.comers.pop(victim))
        self.comers[ticket] = comer
        line.wait(ticket)

    def _refuses(self, comer: Comer) -> None:
        comer.is_refused = True
        self.refused.append(comer)
        following_comer = self.again(comer, self.now)
        if following_comer is not None:
            self._comes(following_comer)

    def _begins(self, ticket: Ticket) -> None:
        comer = self.comers[ticket]
        comer.turn_at = self.now
        self.served.append(comer)
        self._number += 1
        heapq.heappush(self._ends, (self.now + comer.seconds, self._number, ticket))

    def _ended(self, ticket: Ticket) -> None:
        comer = self.comers.pop(ticket)
        comer.ended_at = self.now
        self.line.done(ticket, self.now)
        self.line.learn(ticket)
        while (following := self.line.next(self.now)) is not None:
            self._begins(following)
        following_comer = self.then(comer)
        if following_comer is not None:
            self._comes(following_comer)


def jain(shares: Iterable[float]) -> float:
    """Jain's index of fairness: 1 where all have the same, 1/n where one has everything."""
    found = list(shares)
    return sum(found) ** 2 / (len(found) * sum(share * share for share in found))
