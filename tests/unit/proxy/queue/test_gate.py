"""The queue of one process: turns, bounds and time."""

import asyncio

from proxy.failures import TurnedAway
from proxy.outcomes import Ending
from proxy.queue.priorities import Priority
from tests.clock import Clock
from tests.queues import Caller, a_gate, asks, next_turn
from tests.waiting import until


def ending_of(caller: Caller) -> Ending:
    assert isinstance(caller.error, TurnedAway)
    return caller.error.refusal.ending


def retry_after(caller: Caller) -> bytes:
    assert isinstance(caller.error, TurnedAway)
    (line,) = caller.error.refusal.lines
    return line


async def test_a_turn_begins_in_the_next_turn_of_the_event_loop() -> None:
    gate = a_gate()
    first, second = asks(gate), asks(gate)
    first.place.close()
    assert not second.is_connected
    assert second.witness.turn_at is not None  # it is its turn all the same
    await next_turn()
    assert second.is_connected


async def test_a_newcomer_does_not_slip_in_before_one_whose_turn_is_due() -> None:
    gate = a_gate()
    first, second = asks(gate), asks(gate)
    first.place.close()
    newcomer = asks(gate, "other", Priority.HIGH)
    await next_turn()
    assert (second.is_connected, newcomer.is_connected) == (True, False)


async def test_several_turns_that_become_due_at_once_all_begin() -> None:
    gate = a_gate(per_model=3)
    running = [asks(gate) for _ in range(3)]
    waiting = [asks(gate) for _ in range(3)]
    for caller in running:
        caller.place.close()
    await next_turn()
    assert all(caller.is_connected for caller in waiting)


async def test_a_line_that_is_full_turns_away_soon_and_says_when_to_try_again() -> None:
    gate = a_gate(retry_after_seconds=17, length=1)
    asks(gate), asks(gate)
    refused = asks(gate)
    assert refused.error is None  # it is in the midst of asking
    await next_turn()
    assert ending_of(refused) is Ending.QUEUE_FULL
    assert retry_after(refused) == b"Retry-After: 17"
    assert (refused.witness.queued_at, refused.witness.turn_at) == (1000.0, None)


async def test_who_gives_its_place_up_is_told_so() -> None:
    gate = a_gate(length=2)
    asks(gate)
    waiting = [asks(gate, "many") for _ in range(2)]
    newcomer = asks(gate, "one")
    await next_turn()
    assert ending_of(waiting[1]) is Ending.QUEUE_DISPLACED
    assert waiting[0].error is None
    assert newcomer.place.position is not None
    assert gate.line.waiting == 2


async def test_nobody_waits_longer_than_the_longest_wait() -> None:
    clock = Clock()
    gate = a_gate(clock=clock, wait_seconds=0.05)
    first, second = asks(gate), asks(gate)
    clock.now += 0.03
    third = asks(gate)
    clock.now += 0.025
    await until(lambda: second.error is not None)
    assert ending_of(second) is Ending.QUEUE_TIMEOUT
    assert third.error is None
    clock.now += 0.03
    await until(lambda: third.error is not None)
    assert gate.line.waiting == 0
    assert first.error is None


async def test_time_goes_on_for_those_who_come_after_all_had_left() -> None:
    clock = Clock()
    gate = a_gate(clock=clock, wait_seconds=0.05)
    asks(gate)
    asks(gate).place.close()
    assert gate._timer is None
    later = asks(gate)
    clock.now += 0.06
    await until(lambda: later.error is not None)


async def test_who_was_turned_away_is_told_how_long_the_line_takes() -> None:
    gate = a_gate(length=2)
    clock = gate.clock
    assert isinstance(clock, Clock)
    first = asks(gate)
    clock.now += 10.0
    first.place.close()
    first.place.was_answered()
    running = asks(gate)
    clock.now += 4.0
    asks(gate), asks(gate)
    refused = asks(gate)
    await next_turn()
    assert retry_after(refused) == b"Retry-After: 26"  # 6 s are left of one, then two of 10 s each
    assert running.is_connected


async def test_of_a_model_that_nobody_knows_the_answer_is_a_guess_and_the_table_says_nothing() -> (
    None
):
    gate = a_gate(length=1)
    _, waiting, refused = asks(gate), asks(gate), asks(gate)
    await next_turn()
    assert retry_after(refused) == b"Retry-After: 10"  # twice UNKNOWN_SECONDS
    assert waiting.place.expected_seconds is None


async def test_what_fails_teaches_nothing() -> None:
    gate = a_gate()
    clock = gate.clock
    assert isinstance(clock, Clock)
    for seconds in (0.001, 300.0):
        failing = asks(gate)
        clock.now += seconds
        failing.place.close()
    asks(gate)
    assert asks(gate).place.expected_seconds is None


async def test_positions_are_those_of_the_order_in_which_turns_come() -> None:
    gate = a_gate()
    asks(gate)
    low, normal, high = (
        asks(gate, priority.label, priority)
        for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH)
    )
    assert [one.place.position for one in (high, normal, low)] == [1, 2, 3]


async def test_positions_are_as_they_were_a_moment_ago_but_for_newcomers() -> None:
    clock = Clock()
    gate = a_gate(clock=clock)
    running = asks(gate)
    waiting = [asks(gate) for _ in range(50)]
    assert [one.place.position for one in waiting] == list(range(1, 51))
    running.place.close()
    assert waiting[-1].place.position == 50
    clock.now += 1.0
    assert waiting[-1].place.position == 49
    waiting[1].place.close()
    assert asks(gate).place.position == 49
    assert waiting[-1].place.position == 48


async def test_a_newcomer_is_told_where_it_stands_only_where_answers_show_it() -> None:
    for shows, expected in ((True, 2), (False, None)):
        gate = a_gate(shows=shows)
        asks(gate), asks(gate)
        assert asks(gate).place.came_at_position == expected
    assert asks(a_gate()).place.came_at_position == 0


async def test_the_expected_wait_is_told_once_it_is_known_how_long_requests_take() -> None:
    gate = a_gate(per_model=2)
    clock = gate.clock
    assert isinstance(clock, Clock)
    first, second = asks(gate), asks(gate)
    third = asks(gate)
    assert third.place.expected_seconds is None
    clock.now += 8.0
    first.place.close()
    first.place.was_answered()
    await next_turn()
    fourth, fifth = asks(gate), asks(gate)
    assert fourth.place.expected_seconds == 0.0  # the second has had its 8 s
    assert fifth.place.expected_seconds == 4.0
    assert second.is_connected


async def test_once_it_is_shut_nobodys_turn_comes() -> None:
    gate = a_gate()
    first, second = asks(gate), asks(gate)
    gate.shut()
    first.place.close()
    await next_turn()
    assert (second.is_connected, second.witness.turn_at) == (False, None)
    second.place.close()
    assert (gate.line.waiting, gate.line.in_turn) == (0, 0)


async def test_nothing_is_left_of_those_who_have_gone() -> None:
    gate = a_gate(per_model=3, length=10)
    callers = [asks(gate, f"{number % 4}") for number in range(40)]
    for _ in range(20):
        for caller in callers:
            caller.place.close()
        await asyncio.sleep(0)
    assert (gate.line.waiting, gate.line.in_turn, len(gate._waiting)) == (0, 0, 0)
    assert gate._timer is None
