"""How a request stands in the queue is told by its place."""

from proxy.queue.gate import Gate
from proxy.queue.priorities import Priority
from proxy.queue.standing import Standing
from tests.queues import a_gate, asks


async def test_a_place_that_waits_has_all_that_a_viewer_asks_for() -> None:
    gate: Gate = a_gate()
    asks(gate)
    standing: Standing = asks(gate, priority=Priority.LOW).place
    assert (standing.priority, standing.position, standing.expected_seconds) == (
        Priority.LOW,
        1,
        None,
    )
