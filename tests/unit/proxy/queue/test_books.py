"""What the queue counts."""

import pytest

from ollama_observe.metrics.catalogue import queue as m
from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.results import Result
from proxy.outcomes import Ending
from proxy.pages import Pages
from proxy.queue.books import QueueGauges, book_queue
from proxy.queue.line import Line
from proxy.queue.priorities import Priority
from proxy.queue.tickets import Ticket
from proxy.story import Story
from tests.ledgers import ReadLedger
from tests.queues import a_gate, asks
from tests.unit.proxy.queue.test_line import rules


async def story(
    turn_at: float | None, ending: Ending = Ending.COMPLETE, priority: Priority = Priority.LOW
) -> Story:
    told = Story("id", "", "", "POST", endpoint_of("/api/chat"), True, "m:latest", 0.0)
    told.standing = asks(a_gate(), priority=priority).place
    told.queued_at, told.turn_at = 1.0, turn_at
    told.end(9.0, ending)
    return told


@pytest.mark.parametrize(
    ("turn_at", "ending", "result"),
    [
        (1.0, Ending.COMPLETE, "at_once"),
        (3.0, Ending.COMPLETE, "waited"),
        (3.0, Ending.CLIENT_GONE, "waited"),
        (None, Ending.CLIENT_GONE, "left"),
        (None, Ending.QUEUE_FULL, "full"),
        (None, Ending.QUEUE_DISPLACED, "displaced"),
        (None, Ending.QUEUE_TIMEOUT, "timeout"),
        (None, Ending.CUT_BY_SHUTDOWN, "shutdown"),
    ],
)
async def test_it_is_counted_what_became_of_a_request(
    turn_at: float | None, ending: Ending, result: str
) -> None:
    read = ReadLedger()
    told = await story(turn_at, ending)
    book_queue(read.ledger, Pages(read.ledger).of(told), told)
    labels = {"model": "m:latest", "priority": "low"}
    assert read.value(m.REQUESTS, **labels, result=result) == 1
    waits = read.value(m.WAIT, "_count", **labels)
    assert waits == (None if turn_at is None else 1)
    if turn_at is not None:
        assert read.value(m.WAIT, "_sum", **labels) == turn_at - 1.0


@pytest.mark.parametrize(
    ("status", "ending", "cached", "learns"),
    [
        (200, Ending.COMPLETE, None, True),
        (200, Ending.COMPLETE, Result.MISS, True),
        (200, Ending.COMPLETE, Result.SHARED, False),
        (404, Ending.COMPLETE, None, False),
        (500, Ending.COMPLETE, None, False),
        (200, Ending.BROKE_OFF, None, False),
        (200, Ending.CLIENT_GONE, None, False),
        (None, Ending.UNREACHABLE, None, False),
    ],
)
async def test_only_what_was_answered_whole_says_how_long_the_next_takes(
    status: int | None, ending: Ending, cached: Result | None, learns: bool
) -> None:
    read, gate = ReadLedger(), a_gate()
    told = Story("id", "", "", "POST", endpoint_of("/api/embed"), True, "m:latest", 0.0)
    caller = asks(gate)
    told.standing, told.queued_at, told.turn_at = caller.place, 1.0, 1.0
    told.upstream_status, told.cached = status, cached
    caller.place.close()
    told.end(9.0, ending)
    book_queue(read.ledger, Pages(read.ledger).of(told), told)
    assert (gate.line.paces.of("m") is not None) is learns


def test_of_a_request_that_needed_no_turn_nothing_is_counted() -> None:
    read = ReadLedger()
    told = Story("id", "", "", "POST", endpoint_of("/api/tags"), True, "none", 0.0)
    told.end(1.0, Ending.COMPLETE)
    before = read.series()
    book_queue(read.ledger, Pages(read.ledger).of(told), told)
    assert "queue_requests" not in read.text()
    assert read.series() >= before


def test_gauges_say_who_waits_and_who_has_its_turn_and_fall_to_zero() -> None:
    read, line = ReadLedger(), Line(rules(length=9, size_bytes=2000, total=3))
    known = {"a", "b"}
    gauges = QueueGauges(read.ledger, line, lambda name: name if name in known else "other")
    running = [Ticket(model, "c", Priority.HIGH, 0.0) for model in ("a", "made up", "another")]
    for ticket in running:
        line.take(ticket, 0.0)
    waiting = [
        Ticket(model, "c", priority, 0.0, 100)
        for model, priority in (
            ("a", Priority.LOW),
            ("b", Priority.HIGH),
            ("made up", Priority.LOW),
        )
    ]
    for ticket in waiting:
        line.wait(ticket)
    gauges.put()
    assert read.value(m.WAITING, model="a", priority="low") == 1
    assert read.value(m.WAITING, model="a", priority="high") == 0
    assert read.value(m.WAITING, model="other", priority="low") == 1
    assert read.value(m.IN_TURN, model="other") == 2
    assert read.value(m.WAITING_BYTES) == 300
    for ticket in waiting:
        line.leave(ticket, 1.0)
    for ticket in running:
        line.done(ticket, 1.0)
    gauges.put()
    assert read.value(m.WAITING, model="b", priority="high") == 0
    assert read.value(m.IN_TURN, model="a") == 0
    assert read.value(m.WAITING_BYTES) == 0
    assert read.value(m.LIMIT, bound="length") == 9
    assert read.value(m.LIMIT, bound="total") == 3


def test_a_bound_that_there_is_not_is_not_told() -> None:
    read = ReadLedger()
    QueueGauges(read.ledger, Line(rules(length=0)), str)
    assert read.value(m.LIMIT, bound="total") is None
    assert read.value(m.LIMIT, bound="length") == 0
    assert read.value(m.LIMIT, bound="per_model") == 1
