"""A ticket is itself, whatever else says the same."""

from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket


def test_two_requests_that_say_the_same_are_two() -> None:
    first, second = (Ticket("m", "c", Priority.LOW, 1.0) for _ in range(2))
    assert first != second
    assert len({first, second}) == 2
