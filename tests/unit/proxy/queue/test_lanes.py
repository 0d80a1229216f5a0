"""Rows of one client's requests, and what they are compared by."""

import pytest

from proxy.queue.lanes import Lane, Order
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket


def ticket(since: float) -> Ticket:
    return Ticket("m", "c", Priority.LOW, since)


def test_who_came_first_goes_first_and_who_leaves_is_passed_over() -> None:
    lane = Lane("c", Priority.LOW)
    first, second, third = tickets = [ticket(at) for at in (1.0, 2.0, 3.0)]
    for one in tickets:
        lane.add(one)
    lane.remove(first)
    assert lane.head is second
    assert lane.take(5.0) is second
    assert list(lane) == [third]


def test_the_second_of_a_lane_has_waited_only_since_the_first_had_its_turn() -> None:
    lane = Lane("c", Priority.LOW)
    lane.add(ticket(1.0))
    lane.add(ticket(1.0))
    assert lane.idle_since == 1.0
    lane.take(100.0)
    assert lane.idle_since == 100.0


def test_who_comes_after_the_last_turn_has_waited_since_it_came() -> None:
    lane = Lane("c", Priority.LOW)
    lane.add(ticket(1.0))
    lane.take(2.0)
    lane.add(ticket(50.0))
    assert lane.idle_since == 50.0


@pytest.mark.parametrize(
    ("priority", "idle_seconds", "highest", "is_open"),
    [
        (Priority.HIGH, 0.0, Priority.HIGH, True),
        (Priority.LOW, 119.0, Priority.HIGH, False),
        (Priority.LOW, 120.0, Priority.HIGH, True),
        (Priority.NORMAL, 59.0, Priority.HIGH, False),
        (Priority.NORMAL, 60.0, Priority.HIGH, True),
        (Priority.LOW, 60.0, Priority.NORMAL, True),
        (Priority.LOW, 59.0, Priority.NORMAL, False),
        (Priority.LOW, 0.0, Priority.LOW, True),
    ],
)
def test_each_stretch_without_a_turn_is_worth_a_class_up_to_the_highest_that_waits(
    priority: Priority, idle_seconds: float, highest: Priority, is_open: bool
) -> None:
    order = Order(1000.0, 60.0, highest)
    assert order.is_open_to(priority, 1000.0 - idle_seconds) is is_open


def test_of_one_class_the_share_decides_then_who_has_had_no_turn_for_longest() -> None:
    behind = Order.key_of(-9.0, 999.0, 3)
    earlier = Order.key_of(0.4, 990.0, 2)
    later = Order.key_of(-0.4, 995.0, 1)
    assert behind < earlier < later
