"""Who gives its place up where the line is full."""

import dataclasses
from itertools import count
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from proxy.queue.displacing import victims_for
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket
from tests.lines import ROOMY

FOUR = dataclasses.replace(ROOMY, length=4, size_bytes=1000)
_numbers = count(1)


def ticket(client: str, priority: Priority = Priority.NORMAL, size_bytes: int = 0) -> Ticket:
    return Ticket("m", client, priority, 0.0, size_bytes, next(_numbers))


def test_where_there_is_room_nobody_has_to_go() -> None:
    assert victims_for(ticket("a"), [ticket("b")], FOUR) == []


def test_of_the_client_with_the_most_the_latest_goes() -> None:
    waiting = [ticket("a"), ticket("a"), ticket("a"), ticket("b")]
    assert victims_for(ticket("c"), waiting, FOUR) == [waiting[2]]


def test_a_client_does_not_push_out_its_own() -> None:
    assert victims_for(ticket("a"), [ticket("a") for _ in range(4)], FOUR) is None


def test_nobody_gives_its_place_to_one_who_would_have_more() -> None:
    waiting = [ticket("a"), ticket("a"), ticket("b"), ticket("b")]
    assert victims_for(ticket("b"), waiting, FOUR) is None
    assert victims_for(ticket("c"), waiting, FOUR) == [waiting[3]]
    lone = [ticket(client) for client in "abde"]
    assert victims_for(ticket("c"), lone, FOUR) is None


def test_a_lower_class_gives_its_place_up_even_to_the_same_client() -> None:
    waiting = [ticket("a", Priority.LOW), ticket("b"), ticket("d"), ticket("a", Priority.LOW)]
    assert victims_for(ticket("c"), waiting, FOUR) == [waiting[3]]
    assert victims_for(ticket("a", Priority.HIGH), waiting, FOUR) == [waiting[3]]


def test_who_has_more_waiting_takes_nobodys_only_place_for_its_higher_class() -> None:
    waiting = [ticket("a"), ticket("b", Priority.LOW), ticket("a")]
    assert victims_for(ticket("a"), [*waiting, ticket("a")], FOUR) is None
    low = [ticket("b", Priority.LOW), ticket("a"), ticket("b", Priority.LOW), ticket("c")]
    assert victims_for(ticket("a"), low, FOUR) == [low[2]]  # it has two, as the newcomer's has then


def test_a_body_of_nothing_makes_no_room() -> None:
    waiting = [ticket("b", Priority.LOW), ticket("b", Priority.LOW, 900)]
    assert victims_for(ticket("a", size_bytes=200), waiting, FOUR) == [waiting[1]]


def test_to_make_room_in_a_long_line_takes_no_time_to_speak_of() -> None:
    long = dataclasses.replace(ROOMY, length=20_000, size_bytes=20_000 * 1000)
    line = [
        ticket(f"{number}" if number % 2 else "many", size_bytes=1000) for number in range(20_000)
    ]
    began = process_time()
    victims = victims_for(ticket("new", size_bytes=2_000_000), line, long)
    assert victims is not None
    assert len(victims) == 2000
    assert process_time() - began < 2.0


def test_a_line_without_places_has_none_to_give() -> None:
    nothing = dataclasses.replace(FOUR, length=0)
    assert victims_for(ticket("a", Priority.HIGH), [], nothing) is None


def test_bodies_that_are_too_much_together_make_room_for_one_of_a_client_with_less() -> None:
    waiting = [ticket("a", size_bytes=300) for _ in range(3)]
    newcomer = ticket("b", size_bytes=300)
    assert victims_for(newcomer, waiting, FOUR) == [waiting[2]]
    large = ticket("b", size_bytes=500)
    assert victims_for(large, waiting, FOUR) is None


def test_a_body_that_is_too_much_alone_has_no_place() -> None:
    assert victims_for(ticket("a", Priority.HIGH, 1001), [], FOUR) is None


PRIORITIES = st.sampled_from(Priority)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), PRIORITIES, st.integers(0, 400)), max_size=4),
    st.tuples(st.sampled_from("abcd"), PRIORITIES, st.integers(0, 400)),
)
def test_who_makes_room_makes_enough_and_no_more(
    waiting: list[tuple[str, Priority, int]], newcomer: tuple[str, Priority, int]
) -> None:
    line = [ticket(*one) for one in waiting]
    bytes_there = 0
    line = [one for one in line if (bytes_there := bytes_there + one.size_bytes) <= 1000]
    comer = ticket(*newcomer)
    victims = victims_for(comer, line, FOUR)
    if victims is None:
        return
    left = [one for one in line if one not in victims]
    assert len(left) == len(line) - len(victims)
    assert len(left) + 1 <= FOUR.length
    assert sum(one.size_bytes for one in left) + comer.size_bytes <= FOUR.size_bytes
    back = [*left, *victims[-1:], comer]
    is_full = len(back) > FOUR.length or sum(one.size_bytes for one in back) > FOUR.size_bytes
    assert is_full or not victims
