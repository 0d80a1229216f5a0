"""Where each stands, and how long it still waits, as far as can be told."""

import random

import pytest

from proxy.queue.estimates import order_of, slots_of, wait_at
from proxy.queue.line import Line
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket
from tests.lines import ROOMY, Comer, Play
from tests.unit.proxy.queue.test_line import rules


@pytest.mark.parametrize("seed", range(20))
def test_the_order_is_that_in_which_turns_come_when_nobody_else_does(seed: int) -> None:
    """Played on at one instant, since what time does meanwhile nobody knows."""
    chance = random.Random(seed)
    comers = [
        Comer(
            chance.uniform(0.0, 100.0),
            chance.choice("abcde"),
            chance.uniform(1.0, 9.0),
            priority=chance.choice(list(Priority)),
        )
        for _ in range(90)
    ]
    play = Play(rules(per_model=2, ageing_seconds=20.0)).run(comers, until=100.0)
    line, now = play.line, 100.0
    expected = order_of(line, "m", now)
    assert len(expected) > 20
    turns = []
    line.rules = rules(per_model=1000, ageing_seconds=20.0)
    while (ticket := line.next(now)) is not None:
        turns.append(ticket)
    assert turns == expected


def test_looking_changes_nothing() -> None:
    line = Line(ROOMY)
    line.take(Ticket("m", "c", Priority.LOW, 0.0), 0.0)
    waiting = [Ticket("m", client, Priority.LOW, 1.0) for client in "abab"]
    for ticket in waiting:
        line.wait(ticket)
    changes = line.changes
    assert order_of(line, "m", 2.0) == order_of(line, "m", 2.0)
    assert (line.changes, line.waiting) == (changes, 4)
    assert order_of(line, "another", 2.0) == []


@pytest.mark.parametrize(
    ("per_model", "total", "models", "slots"),
    [(4, 0, "ab", 4.0), (4, 6, "ab", 3.0), (4, 6, "a", 4.0), (1, 1, "abcd", 0.25)],
)
def test_models_share_what_there_is_for_all(
    per_model: int, total: int, models: str, slots: float
) -> None:
    line = Line(rules(per_model=per_model, total=total))
    for model in models:
        ticket = Ticket(model, "c", Priority.LOW, 0.0)
        if line.has_room(model):
            line.take(ticket, 0.0)
        else:
            line.wait(ticket)
    assert slots_of(line, "a") == slots


def test_of_a_model_that_nobody_has_asked_before_nothing_can_be_told() -> None:
    assert wait_at(Line(ROOMY), "m", 1, 0.0) is None


def test_the_wait_is_what_is_left_of_the_one_in_turn_and_one_pace_each() -> None:
    line = Line(ROOMY)
    first = Ticket("m", "c", Priority.LOW, 0.0)
    line.take(first, 0.0)
    line.done(first, 10.0)
    line.learn(first)
    line.take(Ticket("m", "c", Priority.LOW, 10.0), 10.0)
    assert [wait_at(line, "m", position, 14.0) for position in (1, 2, 3)] == [6.0, 16.0, 26.0]
    assert wait_at(line, "m", 1, 99.0) == 0.0  # longer than others: at any moment


def test_where_others_have_all_slots_it_takes_until_one_of_them_ends() -> None:
    line = Line(rules(total=2))
    known = Ticket("m", "c", Priority.LOW, 0.0)
    line.take(known, 0.0)
    line.done(known, 8.0)
    line.learn(known)
    for model in "ab":
        line.take(Ticket(model, "c", Priority.LOW, 8.0), 8.0)
    assert wait_at(line, "m", 1, 8.0) == 4.0


def test_estimates_are_near_where_requests_are_alike() -> None:
    """Four slots, thirty that wait, six seconds each: what was said and what came."""
    errors: list[float] = []

    def look(play: Play) -> None:
        if play.now >= 30.0 and not errors:
            for position, ticket in enumerate(order_of(play.line, "m", play.now), 1):
                told = wait_at(play.line, "m", position, play.now)
                assert told is not None
                expected[ticket] = play.now + told
            errors.append(0.0)

    expected: dict[Ticket, float] = {}
    comers = [Comer(0.5 * n, f"{n % 5}", 6.0) for n in range(80)]
    play = Play(rules(per_model=4), looks=look)
    play.run(comers)
    assert len(expected) > 20
    assert all(abs(ticket.turn_at - at) <= 6.0 for ticket, at in expected.items())
