"""A place in the queue: it is given back exactly once, whatever happens."""

from proxy.failures import OwnDefect, TurnedAway
from proxy.queue.places import State
from tests.queues import Road, Spring, a_gate, asks, next_turn


async def test_where_there_is_room_a_connection_is_asked_for_at_once() -> None:
    gate = a_gate()
    caller = asks(gate)
    assert caller.is_connected
    assert caller.connecting is None  # nothing to stop: the time until now is nobody's
    assert (caller.witness.queued_at, caller.witness.turn_at) == (1000.0, 1000.0)
    assert gate.line.in_turn == 1


async def test_a_slot_comes_back_once_however_often_it_is_closed() -> None:
    gate = a_gate()
    first, second, third = (asks(gate) for _ in range(3))
    for _ in range(3):
        first.place.close()
    await next_turn()
    assert (second.is_connected, third.is_connected) == (True, False)
    assert (gate.line.in_turn, gate.line.waiting) == (1, 1)


async def test_who_waits_and_is_stopped_leaves_the_line_and_takes_no_turn() -> None:
    gate = a_gate()
    first, second, third = (asks(gate) for _ in range(3))
    assert second.connecting is second.place
    second.place.cancel()
    second.place.close()
    first.place.close()
    await next_turn()
    assert (second.is_connected, third.is_connected) == (False, True)
    assert gate.line.waiting == 0


async def test_who_leaves_in_the_instant_in_which_its_turn_comes_gives_it_on() -> None:
    gate = a_gate()
    first, second, third = (asks(gate) for _ in range(3))
    first.place.close()
    second.place.cancel()
    second.place.close()
    await next_turn()
    await next_turn()
    assert (second.is_connected, third.is_connected) == (False, True)
    assert gate.line.in_turn == 1


async def test_a_connection_in_the_making_is_stopped_and_the_slot_kept_until_it_is_closed() -> None:
    gate, spring = a_gate(), Spring(is_slow=True)
    caller = asks(gate, road=Road(spring))
    caller.place.cancel()
    assert spring.cancelled == 1
    assert gate.line.in_turn == 1
    caller.place.close()
    assert gate.line.in_turn == 0
    assert spring.cancelled == 1


async def test_who_is_stopped_while_its_turn_is_due_asks_for_nothing() -> None:
    gate, spring = a_gate(), Spring()
    first, second = asks(gate), asks(gate, road=Road(spring))
    first.place.close()
    second.place.cancel()
    await next_turn()
    assert not spring.askers
    assert gate.line.in_turn == 1


async def test_an_exchange_that_ends_when_it_is_connected_gives_its_slot_back() -> None:
    gate = a_gate()
    first, second, third = (asks(gate) for _ in range(3))
    second.does_when_connected = second.place.close
    first.place.close()
    await next_turn()
    await next_turn()
    assert third.is_connected
    assert second.place.state is State.OVER


async def test_a_defect_in_asking_is_told_and_holds_up_nobody() -> None:
    gate = a_gate(per_model=2)
    first, second = asks(gate), asks(gate)
    broken = asks(gate, road=Road(Spring(defect=RuntimeError("x"))))
    fourth = asks(gate)
    first.place.close()
    second.place.close()
    await next_turn()
    assert isinstance(broken.error, OwnDefect)
    assert fourth.is_connected


async def test_who_is_told_and_fails_itself_keeps_nobody_from_being_told() -> None:
    gate = a_gate(length=1)
    asks(gate)
    asks(gate, "a")
    refused = [asks(gate, "a") for _ in range(2)]

    def fail() -> None:
        raise RuntimeError("x")

    refused[0].does_at_failure = fail
    await next_turn()
    assert all(isinstance(caller.error, TurnedAway) for caller in refused)


async def test_who_was_refused_and_has_left_meanwhile_is_told_nothing() -> None:
    gate = a_gate(length=0)
    asks(gate)
    refused = asks(gate)
    refused.place.close()
    await next_turn()
    assert refused.error is None


async def test_it_tells_how_long_it_waited() -> None:
    gate = a_gate()
    first, second, third = (asks(gate) for _ in range(3))
    gate.clock.now += 4.0  # type: ignore[attr-defined]
    first.place.close()
    gate.clock.now += 3.0  # type: ignore[attr-defined]
    assert first.place.waited_seconds == 7.0  # it is over: what it is now nobody asks
    assert second.place.waited_seconds == 4.0
    assert third.place.waited_seconds == 7.0


async def test_one_that_waits_has_a_position_and_one_that_does_not_has_none() -> None:
    gate = a_gate()
    first, second, third = (asks(gate) for _ in range(3))
    assert [caller.place.position for caller in (first, second, third)] == [None, 1, 2]
    assert first.place.expected_seconds is None


async def test_a_place_lets_go_of_whose_it_was() -> None:
    gate = a_gate()
    caller = asks(gate)
    caller.place.close()
    assert caller.place._party is None
