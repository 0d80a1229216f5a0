"""Requests between their two legs: how they meet, who waits for whom, and who is given up."""

from collections.abc import Callable

import pytest

from proxy.outcomes import Ending
from proxy.portkey.passages import Passage, Passages


class World:
    """Passages of one process, and what was given up."""

    def __init__(self) -> None:
        self.stuck: set[Passage] = set()
        self.passages = Passages(self.stuck.__contains__)
        self.given_up: list[Passage] = []

    def open(self, give_up: Callable[[], None] | None = None) -> Passage:
        """A request sets out; when it is given up, it is over."""
        end = give_up or (lambda: self.close(opened))
        opened = self.passages.open(True, b"localhost", {}, end)
        return opened

    @property
    def is_looked_at(self) -> bool:
        """Whether there will be a look at what is open."""
        tick = self.passages._tick
        return tick is not None and not tick.cancelled()

    def close(self, passage: Passage) -> None:
        self.given_up.append(passage)
        self.passages.close(passage)


def passage(has_leg: bool = True) -> Passage:
    return Passage(b"token", has_leg, b"localhost", {}, lambda: None)


async def test_the_legs_of_a_request_meet_by_its_token() -> None:
    world = World()
    first, second = world.open(), world.open()
    assert first.token != second.token
    assert world.passages.find(first.token) is first
    assert world.passages.find(second.token) is second
    assert len(world.passages) == 2


@pytest.mark.parametrize("token", [None, b"", b"unknown", b"0-1"])
async def test_who_brings_no_token_meets_nobody(token: bytes | None) -> None:
    world = World()
    world.open()
    assert world.passages.find(token) is None


async def test_a_request_meets_its_legs_in_its_own_process_until_it_is_over() -> None:
    ours, theirs = World(), World()
    closed = ours.open()
    ours.open()
    assert theirs.passages.find(closed.token) is None
    ours.passages.close(closed)
    assert ours.passages.find(closed.token) is None
    assert len(ours.passages) == 1


async def test_a_passage_may_be_closed_twice_and_ends_once() -> None:
    world, stops = World(), list[str]()
    closed, other = world.open(), world.open()
    closed.attempt_began(1.0, lambda: stops.append("stop"))
    world.passages.close(closed)
    world.passages.close(closed)
    assert stops == ["stop"]
    assert world.passages.find(other.token) is other


async def test_somebody_looks_while_a_request_is_under_way_and_only_then() -> None:
    world = World()
    assert not world.is_looked_at
    first, second = world.open(), world.open()
    found = [world.is_looked_at]
    for closed in (first, second):
        world.passages.close(closed)
        found.append(world.is_looked_at)
    assert found == [True, True, False]


async def test_what_is_stuck_is_given_up_and_the_rest_goes_on() -> None:
    world = World()
    opened = [world.open() for _ in range(4)]
    world.stuck |= {opened[0], opened[2]}
    world.passages._look()
    assert world.given_up == [opened[0], opened[2]]
    assert len(world.passages) == 2
    assert world.is_looked_at


async def test_nobody_looks_on_when_the_last_was_given_up() -> None:
    world = World()
    world.stuck.add(world.open())
    world.passages._look()
    assert len(world.passages) == 0
    assert not world.is_looked_at


async def test_one_that_is_given_up_may_end_another() -> None:
    world = World()
    second = world.open()
    first = world.open(lambda: world.passages.close(second))
    world.stuck |= {first, second}
    world.passages._look()  # the second is told as well: its exchange knows that it is over
    assert world.given_up == [second]
    world.passages.close(first)


Step = tuple[str, float]
STEPS: dict[str, Callable[[Passage, float], None]] = {
    "got": lambda told, at: told.gateway_got(at),
    "gave": lambda told, at: told.gateway_gave(at),
    "began": lambda told, at: told.attempt_began(at, lambda: None),
    "ended": lambda told, at: told.attempt_ended(at, Ending.COMPLETE, 503),
}


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        ([], None),
        ([("got", 1.0), ("got", 2.0)], 1.0),  # the request, until an attempt begins
        ([("got", 1.0), ("began", 3.0)], None),
        ([("began", 3.0), ("got", 4.0), ("got", 5.0)], 4.0),  # a piece, until it gives something
        ([("began", 3.0), ("got", 4.0), ("gave", 6.0)], None),
        ([("began", 3.0), ("got", 4.0), ("gave", 6.0), ("got", 7.0)], 7.0),
        ([("began", 3.0), ("ended", 4.0)], 4.0),  # the request again, between two attempts
        ([("began", 3.0), ("ended", 4.0), ("began", 9.0)], None),
    ],
)
def test_with_a_return_leg_it_is_known_what_the_gateway_has(
    steps: list[Step], waits: float | None
) -> None:
    told = passage()
    for step, at in steps:
        STEPS[step](told, at)
    assert told.waits == waits


def test_without_a_return_leg_the_gateway_waits_since_it_last_gave_or_got_anything() -> None:
    told = passage(has_leg=False)
    told.gateway_got(1.0)
    for at in (6.0, 7.0):
        told.gateway_gave(at)
        assert told.waits == at


def test_of_an_attempt_that_is_over_the_gateway_has_the_end_still() -> None:
    told = passage()
    told.attempt_began(3.0, lambda: None)
    told.gateway_got(4.0)
    told.attempt_ended(4.0, Ending.COMPLETE, 200)
    told.gateway_gave(5.0)  # the head, or a piece: the answer's end closes the passage
    assert told.waits is not None


def test_attempts_are_counted_with_their_time_and_the_latest_ending() -> None:
    told = passage()
    found = []
    for at, seconds, ending, status in (
        (1.0, 2.0, Ending.UNREACHABLE, 502),
        (10.0, 0.5, Ending.COMPLETE, 200),
    ):
        told.attempt_began(at, lambda: None)
        found.append((told.attempts, told.attempt_status, told.attempt_ending))
        told.attempt_ended(at + seconds, ending, status)
        found.append((told.attempts, told.attempt_status, told.attempt_ending))
    assert found == [
        (1, None, None),
        (1, 502, Ending.UNREACHABLE),
        (2, None, None),
        (2, 200, Ending.COMPLETE),
    ]
    assert told.inner_seconds == 2.5


def test_a_clock_that_stands_still_makes_attempts_of_no_time() -> None:
    told = passage()
    for _ in range(3):
        told.attempt_began(1.0, lambda: None)
        told.attempt_ended(1.0, Ending.COMPLETE, 503)
    assert (told.attempts, told.inner_seconds, told.waits) == (3, 0.0, 1.0)


def test_a_second_attempt_stops_the_first_which_ends_before_it_begins() -> None:
    told = passage()
    told.attempt_began(1.0, lambda: told.attempt_ended(4.0, Ending.CLIENT_GONE, 499))
    told.upstream_sent_at = 2.0
    told.attempt_began(4.0, lambda: None)
    assert (told.attempts, told.inner_seconds) == (2, 3.0)
    assert {told.attempt_status, told.attempt_ending} == {None}
    assert {told.upstream_sent_at, told.waits} == {None}


def test_when_an_attempt_is_over_no_ollama_has_the_request() -> None:
    told = passage()
    told.attempt_began(1.0, lambda: None)
    told.upstream_sent_at = 2.0
    told.attempt_ended(3.0, Ending.COMPLETE, 503)
    assert told.waits == 3.0
    assert {told.upstream_sent_at} == {None}


def test_an_attempt_is_stopped_once_and_not_after_its_end() -> None:
    stops: list[int] = []
    told = passage()
    told.end()  # before there is any
    told.attempt_began(1.0, lambda: stops.append(1))
    told.attempt_ended(2.0, Ending.COMPLETE, 200)
    told.end()
    assert stops == []
    told.attempt_began(3.0, lambda: stops.append(2))
    told.end()
    told.end()
    assert stops == [2]


def test_a_client_that_did_not_keep_up_is_remembered() -> None:
    told = passage()
    assert (told.is_paused, told.was_paused) == (False, False)
    told.client_keeps_up(1.0, False)
    assert (told.is_paused, told.was_paused) == (True, True)
    told.client_keeps_up(2.0, True)
    assert (told.is_paused, told.was_paused) == (False, True)
