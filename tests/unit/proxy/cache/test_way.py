"""The way by the cache: it looks, and goes on by the way that was chosen where nothing is."""

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.results import Result
from proxy.cache.way import CachedWay
from proxy.failures import UpstreamUnreachable
from proxy.routing import Bypass
from proxy.ways import Trip
from tests.caching import BODY, CacheHouse, entry, head_of
from tests.flying import FIRST, HEAD, LAST, Guest, Path, Remainder, chunk
from tests.paper import Pool
from tests.waiting import until
from tests.witnesses import SilentWitness


class Picky(Path):
    """A way with another beside it, a limit of its own, and what it does to bodies."""

    body_limit_bytes = 50_000

    def __init__(self, other: Path | None = None) -> None:
        super().__init__()
        self.pool = Pool()
        self.other = other

    def body(self, body: bytes | None) -> bytes | None:
        return None if body is None else body + b" "

    def instead(self, reason: Bypass) -> Trip | None:
        return self.other if reason is Bypass.GATEWAY_DOWN else None


class Noting(SilentWitness):
    """Keeps what it is told of looks."""

    def __init__(self) -> None:
        super().__init__("/api/chat")
        self.looks: list[Result] = []

    def looked_up(self, result: Result, entry: object, seconds: float = 0.0) -> None:
        self.looks.append(result)


class Stop:
    """An exchange that may be stopped."""

    hung = 0

    def upstream_hangs(self) -> None:
        self.hung += 1

    def withdraw(self) -> None:
        raise AssertionError("it is nobody's to withdraw")


class World:
    """Ways by one cache. All go by one pool, as requests to one upstream do."""

    def __init__(self, **rules: object) -> None:
        self.house = CacheHouse(**rules)  # type: ignore[arg-type]
        self.pool = Pool()
        self.exchange = Stop()

    def way(self, trip: Path | None = None) -> tuple[CachedWay, Noting]:
        witness, chosen = Noting(), trip or Path()
        chosen.pool = self.pool

        def choose(give_up: object) -> Trip:
            self.give_up = give_up
            return chosen

        return CachedWay(self.house.cache, head_of(), witness, self.exchange, choose), witness

    async def asked(self, trip: Path | None = None) -> tuple[CachedWay, Noting, Guest]:
        """One that has asked, and has looked."""
        way, witness = self.way(trip)
        way.body(BODY)
        guest = Guest()
        way.ask(guest)
        await until(lambda: bool(witness.looks))
        return way, witness, guest

    def answers(self, number: int = -1) -> None:
        connection = self.pool.connections[number]
        connection.data_received(HEAD + b"\r\n\r\n" + chunk(FIRST) + chunk(LAST) + b"0\r\n\r\n")


def test_it_is_as_the_way_on_is_but_keeps_the_body() -> None:
    way, _ = World().way(Picky())
    assert way.body_limit_bytes == 50_000
    assert way.body(b"{}") == b"{} "
    assert way.name == "Ollama at http://gpu"
    assert World().way()[0].body_limit_bytes == 1000
    assert way.head(head_of()).startswith(b"POST /api/chat HTTP/1.1\r\n")


async def test_a_miss_goes_on_and_the_next_is_a_hit_without_it() -> None:
    world = World()
    _, witness, guest = await world.asked()
    world.answers()
    assert (guest.statuses, witness.looks) == (["MISS"], [Result.MISS])
    await world.house.cache.close()
    _, witness, again = await world.asked()
    await until(lambda: again.is_done)
    assert (again.statuses, witness.looks) == (["HIT"], [Result.HIT])
    assert again.body == guest.body
    assert len(world.pool.connections) == 1


@pytest.mark.parametrize("body", [None, b"x" * 1001])
async def test_a_body_that_was_not_kept_is_not_looked_for(body: bytes | None) -> None:
    world = World()
    way, witness = world.way()
    assert way.body(body) == body
    way.ask(Guest())
    await until(lambda: bool(witness.looks))
    assert witness.looks == [Result.DISABLED]


async def test_the_same_in_flight_is_joined_and_told_as_shared_at_its_head() -> None:
    world = World()
    await world.asked()
    _, witness, guest = await world.asked()
    assert len(world.pool.connections) == 1
    assert witness.looks == [Result.MISS]
    world.answers()
    assert witness.looks == [Result.MISS, Result.SHARED, Result.SHARED]
    assert guest.statuses == ["HIT"]


async def test_a_way_stays_open_for_those_who_wait_at_its_end() -> None:
    world = World()
    trip, other = Path(), Path()
    first, _, _ = await world.asked(trip)
    second, _, guest = await world.asked(other)
    first.close()
    assert "close" not in trip.told
    assert trip.told == ["claimed"]
    world.answers()
    assert guest.is_done
    assert trip.told.count("close") == 1
    second.close()
    assert "close" in other.told


async def test_a_way_that_nobody_waits_for_is_closed() -> None:
    world = World()
    trip = Path()
    way, _, _ = await world.asked(trip)
    way.close()
    assert "close" in trip.told
    assert world.pool.transports[0].story[-1] == "abort"


async def test_an_answer_is_as_broken_as_the_way_that_brought_it() -> None:
    world = World()
    trip = Path()
    first, _, _ = await world.asked(trip)
    second, _, _ = await world.asked()
    trip.breaks = True
    assert first.is_broken
    assert second.is_broken
    assert not world.way()[0].is_broken


async def test_who_hangs_hangs_for_all_who_wait_there_and_for_nobody_else() -> None:
    world = World()
    trip = Path()
    await world.asked(trip)
    hang = world.give_up
    _, _, second = await world.asked()
    idle = world.give_up
    assert callable(hang)
    assert callable(idle)
    idle()
    assert world.exchange.hung == 1
    hang()
    assert world.exchange.hung == 3
    assert not second.is_done


async def test_another_way_with_the_same_answers_needs_no_second_look() -> None:
    world = World()
    other = Path()
    other.pool = world.pool
    way, witness, _ = await world.asked(Picky(other))
    instead = way.instead(Bypass.GATEWAY_DOWN)
    assert isinstance(instead, CachedWay)
    guest = Guest()
    assert instead.ask(guest) is not None  # so that who asks knows that it waits
    await until(lambda: len(witness.looks) == 2)
    world.answers()
    assert guest.statuses == ["MISS"]
    assert witness.looks == [Result.MISS] * 2
    assert way.instead(Bypass.BODY) is None


async def test_another_way_with_other_answers_is_looked_at_anew() -> None:
    world = World()
    configured = Picky(Path())
    configured.signature = b"a configuration"
    way, witness, _ = await world.asked(configured)
    instead = way.instead(Bypass.GATEWAY_DOWN)
    assert isinstance(instead, CachedWay)
    instead.body(BODY)
    assert configured.other is not None
    direct = await world.house.cache.look(head_of(), endpoint_of("/api/chat"), BODY, Path())
    assert direct.asked is not None
    await world.house.kept.put(direct.asked.key, entry(), None)
    guest = Guest()
    assert instead.ask(guest) is not None
    await until(lambda: guest.is_done)
    assert witness.looks == [Result.MISS, Result.HIT]


async def test_those_who_find_nobody_go_the_other_way_together() -> None:
    """The flight has failed for all: each turns, and the first that does is joined by the rest."""
    world = World()
    world.pool.is_off = True
    direct = Pool()
    guests, witnesses = [], []
    for _ in range(3):
        other = Path()
        other.pool = direct
        way, witness, guest = await world.asked(Picky(other))
        witnesses.append(witness)

        def turn(way: CachedWay = way, guest: Guest = guest) -> None:
            instead = way.instead(Bypass.GATEWAY_DOWN)
            assert isinstance(instead, CachedWay)
            instead.ask(guest)

        guest.does_at_failure = turn
        guests.append(guest)
    world.pool.fail(UpstreamUnreachable("refused"))
    await until(lambda: all(len(witness.looks) == 2 for witness in witnesses))
    assert len(direct.connections) == 1
    direct.connections[0].data_received(HEAD + b"\r\n\r\n" + chunk(LAST) + b"0\r\n\r\n")
    assert [guest.statuses for guest in guests] == [["MISS"], ["HIT"], ["HIT"]]


class Failing(Guest):
    """Cannot be connected."""

    def connected(self, connection: object) -> None:
        raise RuntimeError


async def test_a_defect_is_told_to_who_waits() -> None:
    world = World()
    await world.asked()
    world.answers()
    await world.house.cache.close()
    way, _ = world.way()
    way.body(BODY)
    guest = Failing()
    way.ask(guest)
    await until(lambda: guest.error is not None)


class Leaving(Noting):
    """Notes who leaves what to whom."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    def hands_on(self) -> None:
        self.told.append("hands on")

    def takes_over(self, sent_at: float) -> None:
        self.told.append(("takes over", sent_at))

    def outlived(self) -> Remainder | None:
        self.told.append("outlived")
        return None


async def test_its_witness_is_told_of_who_leaves_and_who_takes_over() -> None:
    world = World()
    witness = Leaving()
    way = CachedWay(world.house.cache, head_of(), witness, world.exchange, lambda _: Path())
    way.hands_on()
    way.takes_over(Path(), 7.0)
    assert way.outlived() is None
    assert witness.told == ["hands on", ("takes over", 7.0), "outlived"]
