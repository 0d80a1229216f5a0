"""The proxy's queue, and those who ask for a connection through it, on paper."""

import asyncio
import dataclasses
from collections.abc import Callable

from ollama_observe.wire.requests import RequestFacts
from proxy.connections import Asker, Cancellable, Connection
from proxy.failures import UpstreamError
from proxy.heads import RequestHead, ResponseHead
from proxy.queue.gate import Gate
from proxy.queue.places import Party, Place
from proxy.queue.priorities import Priority
from proxy.queue.standing import Standing
from proxy.queue.tickets import Ticket
from proxy.queue.way import QueuedTrip
from proxy.routing import Bypass
from proxy.ways import PlainWay, Trip
from tests.caching import head_of
from tests.clock import Clock
from tests.flying import Line
from tests.lines import ROOMY
from tests.witnesses import SilentWitness


class Spring:
    """A Pool that connects at once, or is told to be slow; and what it was asked."""

    def __init__(self, is_slow: bool = False, defect: Exception | None = None) -> None:
        self.is_slow = is_slow
        self.defect = defect
        self.askers: list[Asker] = []
        self.cancelled = 0

    def ask(self, asker: Asker) -> Cancellable | None:
        """See Pool."""
        self.askers.append(asker)
        if self.defect is not None:
            raise self.defect
        if self.is_slow:
            return self
        asker.connected(Line())
        return None

    def cancel(self) -> None:
        """See Cancellable."""
        self.cancelled += 1


class Road(PlainWay):
    """A Trip to a spring; `other` is the way instead."""

    name = "a spring"

    def __init__(self, spring: Spring | None = None, other: "Road | None" = None) -> None:
        self.spring = spring or Spring()
        self.pool = self.spring
        self.other = other
        self.told: list[object] = []

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """See Way."""
        return b""

    def instead(self, reason: Bypass) -> Trip | None:
        """See Trip."""
        self.told.append(reason)
        return self.other

    def yield_turn(self, to: Trip | None) -> None:
        """See Trip."""
        self.told.append(("yield", to))

    def close(self) -> None:
        """See Way."""
        self.told.append("close")


class Noting(SilentWitness):
    """A Witness that keeps what the queue says."""

    def __init__(self, model: str = "m") -> None:
        super().__init__("/api/chat")
        self.facts = RequestFacts(model=model)
        self.standing: Standing | None = None
        self.queued_at: float | None = None
        self.turn_at: float | None = None

    def queues(self, standing: Standing, at: float) -> None:
        """See Witness."""
        self.standing, self.queued_at = standing, at

    def turn_came(self, at: float) -> None:
        """See Witness."""
        self.turn_at = at


class Caller:
    """Who asks for a connection: what it is told. An Asker."""

    def __init__(self, model: str = "m") -> None:
        self.witness = Noting(model)
        self.connections: list[Connection] = []
        self.error: UpstreamError | None = None
        self.does_at_failure: Callable[[], None] | None = None
        self.does_when_connected: Callable[[], None] | None = None
        self.place: Place
        self.connecting: Cancellable | None = None

    @property
    def is_connected(self) -> bool:
        """It has a connection."""
        return bool(self.connections)

    def connected(self, connection: Connection) -> None:
        """See Asker."""
        self.connections.append(connection)
        if self.does_when_connected is not None:
            self.does_when_connected()

    def failed(self, error: UpstreamError) -> None:
        """See Asker."""
        self.error = error
        if self.does_at_failure is not None:
            self.does_at_failure()

    def interim_received(self, head: ResponseHead) -> None:
        """See Asker."""

    def head_received(self, at: float, head: ResponseHead) -> None:
        """See Asker."""

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """See Asker."""

    def sending_paused(self) -> None:
        """See Asker."""

    def sending_resumed(self) -> None:
        """See Asker."""


def a_gate(
    retry_after_seconds: int = 1, shows: bool = False, clock: Clock | None = None, **rules: object
) -> Gate:
    """A queue whose clock stands still until it is moved."""
    chosen = dataclasses.replace(ROOMY, **rules)  # type: ignore[arg-type]
    return Gate(chosen, retry_after_seconds, shows, clock or Clock())


def asks(
    gate: Gate,
    client: str = "c",
    priority: Priority = Priority.NORMAL,
    model: str = "m",
    road: Road | None = None,
    size_bytes: int = 0,
) -> Caller:
    """Somebody asks by a place of its own."""
    caller = Caller(model)
    ticket = Ticket(model, client, priority, gate.clock(), size_bytes)
    caller.place = Place(gate, ticket, Party(caller, road or Road(), caller.witness))
    caller.connecting = gate.enter(caller.place)
    return caller


def trip_of(
    gate: Gate,
    caller: Caller,
    road: Road | None = None,
    client: str = "c",
    priority: Priority = Priority.NORMAL,
    head: RequestHead | None = None,
) -> QueuedTrip:
    """The way of a caller through the queue."""
    return QueuedTrip(road or Road(), gate, client, priority, caller.witness, head or head_of())


async def next_turn() -> None:
    """What was put off to the next turn of the event loop has happened."""
    await asyncio.sleep(0)
