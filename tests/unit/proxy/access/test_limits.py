"""Limits: how much is too much, and how long to wait."""

from proxy.access.counts import Counts
from proxy.access.denials import Denial, Reason
from proxy.access.entries import Entry, Limits
from proxy.access.grants import Party
from proxy.access.limits import excess_of
from tests.clock import Clock


class World:
    """An alias with limits, and clocks."""

    def __init__(self, **limits: int) -> None:
        self.clock, self.wall = Clock(1200.0), Clock(1_795_435_200.0)
        self.counts = Counts(clock=self.clock, wall_clock=self.wall)
        place = self.counts.place("alice")
        self.party = Party("alice", Entry("alice", limits=Limits(**limits)), place)

    def excess(self) -> Denial | None:
        return excess_of(self.counts, self.party, 3)

    def refused(self) -> tuple[Reason, list[bytes]]:
        denial = self.excess()
        assert denial is not None
        return denial.reason, list(denial.lines)


def test_without_limits_nothing_is_too_much() -> None:
    world = World()
    for _ in range(1000):
        world.counts.enter(world.party.place)
    world.counts.use(world.party.place, 10**9, 10**9, 1.0)
    assert world.excess() is None


def test_in_flight_is_exact() -> None:
    world = World(max_in_flight=2)
    world.counts.enter(world.party.place)
    assert world.excess() is None
    world.counts.enter(world.party.place)
    assert world.refused() == (Reason.IN_FLIGHT, [b"Retry-After: 3"])
    world.counts.leave(world.party.place)
    assert world.excess() is None


def test_requests_of_a_minute() -> None:
    world = World(requests_per_minute=2)
    world.counts.enter(world.party.place)
    world.clock.now += 30
    world.counts.enter(world.party.place)
    assert world.refused() == (Reason.REQUESTS, [b"Retry-After: 30"])
    world.clock.now += 29
    assert world.refused() == (Reason.REQUESTS, [b"Retry-After: 1"])
    world.clock.now += 1
    assert world.excess() is None


def test_tokens_of_a_minute_count_when_they_are_known() -> None:
    world = World(tokens_per_minute=100)
    world.counts.use(world.party.place, 60, 39, 1.0)
    assert world.excess() is None
    world.counts.use(world.party.place, 0, 500, 1.0)
    assert world.refused() == (Reason.TOKENS, [b"Retry-After: 60"])
    world.clock.now += 60
    assert world.excess() is None


def test_tokens_of_a_day_end_with_it() -> None:
    world = World(tokens_per_day=100)
    world.counts.use(world.party.place, 100, 0, 1.0)
    assert world.refused() == (Reason.TOKENS, [b"Retry-After: 43200"])
    world.clock.now += 3600
    world.wall.now += 3600
    assert world.refused() == (Reason.TOKENS, [b"Retry-After: 39600"])
    world.wall.now += 39600
    assert world.excess() is None


def test_what_is_said_names_the_limit_and_no_alias() -> None:
    for limit in Limits.__dataclass_fields__:
        world = World(**{limit: 1})
        world.counts.enter(world.party.place)
        world.counts.use(world.party.place, 1, 0, 0.0)
        denial = world.excess()
        assert denial is not None
        assert " 1 " in str(denial)
        assert "alice" not in str(denial)
