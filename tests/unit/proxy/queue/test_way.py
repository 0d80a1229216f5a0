"""The way through the queue: a turn is taken, kept, handed on and given back, exactly once."""

import gc
import sys

import pytest

from ollama_observe.wire.requests import COPY_LIMIT_BYTES
from proxy.cache.way import CachedWay
from proxy.detours import Detour
from proxy.failures import TurnedAway, UpstreamUnreachable
from proxy.outcomes import Ending
from proxy.outgoing import Outgoing
from proxy.pool import UpstreamPool
from proxy.queue.gate import Gate
from proxy.queue.priorities import Priority
from proxy.queue.way import QueuedTrip
from proxy.routing import Bypass
from proxy.ways import Trip
from tests.caching import BODY, CacheHouse, head_of
from tests.flying import FIRST, HEAD, LAST, Guest, Path, chunk
from tests.paper import Pool
from tests.queues import Caller, Noting, Road, Spring, a_gate, next_turn, trip_of
from tests.waiting import until


def asked(gate: Gate, road: Road | None = None, model: str = "m") -> tuple[QueuedTrip, Caller]:
    """A way that has been asked for a connection."""
    caller = Caller(model)
    trip = trip_of(gate, caller, road)
    caller.connecting = trip.pool.ask(caller)
    return trip, caller


def test_it_keeps_a_body_for_as_long_as_a_model_can_be_read_from_it() -> None:
    trip = trip_of(a_gate(), Caller())
    assert trip.body_limit_bytes == COPY_LIMIT_BYTES
    assert trip.pool is trip
    assert trip.goal is trip.trip.pool


async def test_models_are_told_apart_however_they_are_spelled() -> None:
    gate = a_gate()
    asked(gate, model="x1://Registry.ollama.ai/library/M")
    _, same = asked(gate, model="m:latest")
    _, other = asked(gate, model="n")
    assert (same.is_connected, other.is_connected) == (False, True)


async def test_requests_whose_model_cannot_be_told_wait_together() -> None:
    gate = a_gate()
    asked(gate, model="")
    _, second = asked(gate, model="\n")
    assert not second.is_connected
    assert gate.line.models() == {""}


async def test_what_computes_elsewhere_does_not_wait() -> None:
    gate, caller = a_gate(), Caller()
    trip = QueuedTrip(Road(), gate, "c", Priority.LOW, caller.witness, head_of(), lambda: True)
    assert trip.ask(caller) is None
    assert caller.is_connected
    assert gate.line.in_turn == 0
    assert caller.witness.standing is None
    trip.close()


CHUNKED = b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "pieces", "is_whole", "size"),
    [
        (b"{}", [b"{}"], True, 2),
        (b"", [], True, 0),
        (CHUNKED, [b"{", b"}"], True, len(CHUNKED) + 2),
        (b"x" * (COPY_LIMIT_BYTES + 9), [b"x" * (COPY_LIMIT_BYTES + 9)], False, None),
    ],
)
async def test_a_body_that_waits_counts_with_all_that_is_kept_of_it(
    raw: bytes, pieces: list[bytes], is_whole: bool, size: int | None
) -> None:
    gate, caller, head = a_gate(), Caller(), head_of()
    asked(gate)
    trip = trip_of(gate, caller, head=head)
    outgoing = Outgoing(head, trip, caller.witness, None)
    outgoing.add(raw, pieces, is_whole)
    assert not outgoing.is_held
    trip.ask(caller)
    assert gate.line.waiting_bytes == (len(raw) if size is None else size)


async def test_a_name_that_is_no_models_however_long_is_not_kept() -> None:
    gate, name = a_gate(), "x" * (1 << 20)
    before = sys.getrefcount(name)
    trip, _ = asked(gate, model=name)
    assert gate.line.models() == {""}
    trip.close()
    del trip, _
    gc.collect()
    assert sys.getrefcount(name) == before


async def test_a_way_that_is_closed_gives_its_turn_back_and_closes_the_way_on() -> None:
    gate, road = a_gate(), Road()
    trip, _ = asked(gate, road)
    _, waiting = asked(gate)
    trip.close()
    await next_turn()
    assert waiting.is_connected
    assert road.told == ["close"]


async def test_a_way_that_was_never_asked_is_closed_like_any() -> None:
    road = Road()
    trip_of(a_gate(), Caller(), road).close()
    assert road.told == ["close"]


async def test_who_goes_another_way_because_nobody_answers_keeps_its_turn() -> None:
    gate, other = a_gate(), Road()
    trip, caller = asked(gate, Road(Spring(is_slow=True), other))
    _, waiting = asked(gate)
    instead = trip.instead(Bypass.GATEWAY_DOWN)
    assert isinstance(instead, QueuedTrip)
    assert instead.pool.ask(caller) is None
    assert other.spring.askers == [caller]
    assert (gate.line.in_turn, waiting.is_connected) == (1, False)
    trip.close()
    assert gate.line.in_turn == 1
    instead.close()
    await next_turn()
    assert waiting.is_connected


async def test_where_there_is_no_other_way_the_turn_stays_until_the_end() -> None:
    gate = a_gate()
    trip, _ = asked(gate, Road(Spring(is_slow=True)))
    assert trip.instead(Bypass.GATEWAY_DOWN) is None
    assert gate.line.in_turn == 1
    trip.close()
    assert gate.line.in_turn == 0


async def test_who_goes_another_way_before_it_has_asked_waits_on_that_one() -> None:
    gate, other, caller = a_gate(), Road(), Caller()
    asked(gate)
    head = head_of()
    head.held_bytes = 5
    trip = trip_of(gate, caller, Road(other=other), head=head)
    instead = trip.instead(Bypass.BODY)
    assert instead is not None
    instead.pool.ask(caller)
    assert gate.line.waiting_bytes == 5


async def test_a_place_is_handed_on_and_keeps_its_place_in_the_line() -> None:
    gate, spring = a_gate(), Spring()
    first, _ = asked(gate)
    leaving, left = asked(gate)
    _, later = asked(gate)
    heir = Caller()
    trip = trip_of(gate, heir, Road(spring))
    leaving.yield_turn(trip)
    leaving.close()
    assert (heir.witness.queued_at, heir.witness.turn_at) == (1000.0, None)
    first.close()
    await next_turn()
    assert spring.askers == [left]  # who asked goes on by the way of the heir
    assert (heir.witness.turn_at, left.witness.turn_at) == (1000.0, None)
    assert not later.is_connected
    trip.close()
    await next_turn()
    assert later.is_connected


async def test_a_turn_that_has_come_is_handed_on_as_well() -> None:
    gate = a_gate()
    leaving, _ = asked(gate, Road(Spring(is_slow=True)))
    heir = Caller()
    trip = trip_of(gate, heir)
    leaving.yield_turn(trip)
    leaving.close()
    assert gate.line.in_turn == 1
    assert (heir.witness.queued_at, heir.witness.turn_at) == (1000.0, 1000.0)
    trip.close()
    assert gate.line.in_turn == 0


@pytest.mark.parametrize("to", [None, Road()])
async def test_a_turn_that_nobody_takes_is_free(to: Trip | None) -> None:
    gate = a_gate()
    leaving, _ = asked(gate)
    leaving.yield_turn(to)
    assert gate.line.in_turn == 0
    assert isinstance(leaving.trip, Road)
    assert leaving.trip.told == [("yield", to)]


async def test_who_has_a_turn_takes_no_second_one() -> None:
    gate = a_gate(per_model=2)
    leaving, _ = asked(gate)
    other, _ = asked(gate)
    leaving.yield_turn(other)
    assert gate.line.in_turn == 1
    other.close()
    assert gate.line.in_turn == 0


async def test_it_is_handed_on_through_other_detours() -> None:
    gate = a_gate()
    leaving, _ = asked(gate, Road(Spring(is_slow=True)))
    heir = trip_of(gate, Caller())
    Detour(leaving).yield_turn(Detour(heir))
    leaving.close()
    assert gate.line.in_turn == 1
    heir.close()
    assert gate.line.in_turn == 0


async def test_answers_say_how_a_request_stood_where_that_is_asked_for() -> None:
    gate = a_gate(shows=True)
    first, _ = asked(gate)
    second, _ = asked(gate)
    assert b"X-Queue-Position: 0" in first.own_lines
    assert b"X-Queue-Wait-Seconds: 0.000" in first.own_lines
    assert b"X-Queue-Position: 1" in second.own_lines
    assert trip_of(gate, Caller()).own_lines == ()
    assert asked(a_gate())[0].own_lines == ()


# with the answer cache, where several wait for one answer


class Gated:
    """Ways by one cache and one queue; all end at one pool."""

    def __init__(self) -> None:
        self.house = CacheHouse()
        self.pool = Pool()
        self.gate = a_gate(clock=self.house.clock)
        self.goal: UpstreamPool | Spring = self.pool

    def way(
        self,
        other: Trip | None = None,
        client: str = "c",
        priority: Priority = Priority.NORMAL,
    ) -> tuple[CachedWay, Noting]:
        witness = Noting()
        path = _Path(self.goal, other)
        trip = QueuedTrip(path, self.gate, client, priority, witness, head_of())
        return CachedWay(self.house.cache, head_of(), witness, _Stop(), lambda _: trip), witness

    async def asked(
        self, client: str = "c", priority: Priority = Priority.NORMAL
    ) -> tuple[CachedWay, Noting, Guest]:
        way, witness = self.way(None, client, priority)
        way.body(BODY)
        guest = Guest()
        way.ask(guest)
        await until(lambda: way._seat is not None)
        return way, witness, guest

    def answers(self) -> None:
        connection = self.pool.connections[-1]
        connection.data_received(HEAD + b"\r\n\r\n" + chunk(FIRST) + chunk(LAST) + b"0\r\n\r\n")

    def has_busy_slot(self) -> QueuedTrip:
        return asked(self.gate)[0]


class _Path(Path):
    def __init__(self, goal: UpstreamPool | Spring, other: Trip | None) -> None:
        super().__init__()
        self.pool = goal  # type: ignore[assignment]
        self.other = other

    def instead(self, reason: Bypass) -> Trip | None:
        return self.other


class _Stop:
    def upstream_hangs(self) -> None:
        raise AssertionError("nothing hangs")

    def withdraw(self) -> None:
        raise AssertionError("it is nobody's to withdraw")


async def test_those_who_ask_the_same_take_one_slot_and_one_place() -> None:
    world = Gated()
    ways = [await world.asked() for _ in range(3)]
    assert (world.gate.line.in_turn, world.gate.line.waiting) == (1, 0)
    world.answers()
    assert all(guest.is_done for _, _, guest in ways)
    assert world.gate.line.in_turn == 0
    for way, _, _ in ways:
        way.close()
    assert world.gate.line.in_turn == 0


async def test_a_slot_is_free_when_the_answer_has_ended_though_its_first_had_left() -> None:
    world = Gated()
    first, _, _ = await world.asked()
    second, _, guest = await world.asked()
    first.close()
    assert world.gate.line.in_turn == 1
    world.answers()
    assert guest.is_done
    assert world.gate.line.in_turn == 0
    second.close()


async def test_a_first_that_leaves_while_it_waits_hands_its_place_on() -> None:
    world = Gated()
    busy = world.has_busy_slot()
    first, left, _ = await world.asked()
    second, heir, guest = await world.asked()
    waiting = asked(world.gate)[1]
    assert (left.queued_at, heir.queued_at) == (1000.0, None)
    first.close()
    assert heir.queued_at == 1000.0
    assert world.gate.line.waiting == 2
    busy.close()
    await next_turn()
    assert left.turn_at is None
    assert (heir.turn_at, waiting.is_connected) == (1000.0, False)
    world.answers()
    assert guest.is_done
    await next_turn()
    assert waiting.is_connected
    second.close()


async def test_all_leave_one_after_the_other_while_they_wait_and_nothing_is_left() -> None:
    world = Gated()
    busy = world.has_busy_slot()
    ways = [await world.asked() for _ in range(3)]
    for way, _, _ in ways:
        assert world.gate.line.waiting == 1
        way.close()
    assert world.gate.line.waiting == 0
    busy.close()
    await next_turn()
    assert not world.pool.connections
    assert world.gate.line.in_turn == 0


async def test_those_who_wait_for_one_that_is_turned_away_are_turned_away_with_it() -> None:
    world = Gated()
    world.gate = a_gate(clock=world.house.clock, length=0)
    world.has_busy_slot()
    _, _, guest = await world.asked()
    await until(lambda: guest.error is not None)
    assert isinstance(guest.error, TurnedAway)
    assert guest.error.refusal.ending is Ending.QUEUE_FULL
    assert world.gate.line.in_turn == 1


async def test_who_is_of_a_higher_class_waits_behind_nobody_of_a_lower_who_asks_the_same() -> None:
    world = Gated()
    busy = world.has_busy_slot()
    low, low_note, low_guest = await world.asked(priority=Priority.LOW)
    lower, _, lower_guest = await world.asked(priority=Priority.LOW)
    high, high_note, high_guest = await world.asked(priority=Priority.HIGH)
    normal, _, normal_guest = await world.asked(priority=Priority.NORMAL)  # joins the high one
    assert world.gate.line.waiting == 2
    busy.close()
    await next_turn()
    assert (high_note.turn_at, low_note.turn_at) == (1000.0, None)
    world.answers()
    assert (high_guest.is_done, normal_guest.is_done) == (True, True)
    assert (low_guest.is_done, lower_guest.is_done) == (False, False)
    await next_turn()
    world.answers()
    assert (low_guest.is_done, lower_guest.is_done) == (True, True)
    for way in (low, lower, high, normal):
        way.close()
    assert (world.gate.line.in_turn, world.gate.line.waiting) == (0, 0)


async def test_what_has_its_turn_is_shared_by_any_class() -> None:
    world = Gated()
    low, _, low_guest = await world.asked(priority=Priority.LOW)
    high, _, high_guest = await world.asked(priority=Priority.HIGH)
    assert (world.gate.line.in_turn, world.gate.line.waiting) == (1, 0)
    world.answers()
    assert (low_guest.is_done, high_guest.is_done) == (True, True)
    low.close()
    high.close()


async def test_of_those_who_ask_the_same_only_the_first_gives_its_place_up() -> None:
    world = Gated()
    world.gate = a_gate(clock=world.house.clock, length=3)
    before = [asked(world.gate)[0] for _ in range(3)]
    first, _, turned_away = await world.asked()
    second, _, low_guest = await world.asked("few", Priority.LOW)
    third, note, guest = await world.asked("few")
    assert world.gate.line.waiting == 3
    newcomer = Caller()
    before.append(trip_of(world.gate, newcomer, client="new"))
    before[-1].ask(newcomer)
    await until(lambda: turned_away.error is not None)
    assert isinstance(turned_away.error, TurnedAway)
    assert turned_away.error.refusal.ending is Ending.QUEUE_DISPLACED
    # of those two the one of the higher class asks, for a place of its own
    assert (note.queued_at, guest.error, low_guest.error) == (1000.0, None, None)
    assert world.gate.line.waiting == 3
    first.close()
    for trip in before:
        trip.close()
        await next_turn()
    world.answers()
    assert (guest.is_done, low_guest.is_done) == (True, True)
    second.close()
    third.close()
    assert (world.gate.line.in_turn, world.gate.line.waiting) == (0, 0)


async def test_those_who_ask_the_same_are_each_turned_away_where_there_is_no_place() -> None:
    world = Gated()
    world.gate = a_gate(clock=world.house.clock, length=1)
    world.has_busy_slot()
    guests = [(await world.asked())[2] for _ in range(3)]
    newcomer = Caller("m")
    trip_of(world.gate, newcomer, client="new", priority=Priority.HIGH).ask(newcomer)
    await until(lambda: all(guest.error is not None for guest in guests))
    assert all(isinstance(guest.error, TurnedAway) for guest in guests)
    assert (world.gate.line.in_turn, world.gate.line.waiting) == (1, 1)


async def test_a_turn_is_kept_where_the_gateway_is_down_and_another_way_is_taken() -> None:
    """Both who waited for the same go on: one has the slot, and they share the answer again."""
    world, down = Gated(), Spring(is_slow=True)
    direct = Path()
    direct.pool = world.pool
    world.goal = down
    ways = []
    for _ in range(2):
        way, witness = world.way(direct)
        way.body(BODY)
        guest = Guest()
        way.ask(guest)
        await until(lambda way=way: way._seat is not None)  # type: ignore[misc]
        ways.append((way, witness, guest))
    busy = asked(world.gate)[1]  # waits behind
    down.askers[0].failed(UpstreamUnreachable("refused"))
    others = []
    for way, _, guest in ways:
        assert isinstance(guest.error, UpstreamUnreachable)
        other = way.instead(Bypass.GATEWAY_DOWN)
        assert isinstance(other, CachedWay)
        other.body(BODY)
        other.ask(guest)
        others.append(other)
    await until(lambda: all(other._seat is not None for other in others))
    assert len(world.pool.connections) == 1
    assert (world.gate.line.in_turn, busy.is_connected) == (1, False)
    world.answers()
    assert all(guest.is_done for _, _, guest in ways)
    await next_turn()
    assert busy.is_connected
    for other in others:
        other.close()
    assert world.gate.line.in_turn == 1


async def test_who_joins_another_gives_the_turn_that_it_had_back() -> None:
    """Else the one that it joins may wait for that turn, and both for ever."""
    world = Gated()
    first, _, _ = await world.asked()
    world.answers()
    first.close()
    world = Gated()
    direct = Path()
    direct.pool = world.pool
    way, _ = world.way(direct)
    way.body(BODY)
    trip = way.trip
    assert isinstance(trip, QueuedTrip)
    trip.ask(Guest())  # as one that was sent another way has it
    assert world.gate.line.in_turn == 1
    _, heir, _ = await world.asked()
    assert (heir.queued_at, heir.turn_at) == (1000.0, None)
    way.ask(Guest())
    await until(lambda: way._seat is not None)
    await next_turn()
    assert heir.turn_at == 1000.0
