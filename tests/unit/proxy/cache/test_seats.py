"""A place in a flight: what its exchange does with it."""

import asyncio

from tests.flying import FIRST, Flown, Guest, chunk


def test_only_the_firsts_request_is_sent() -> None:
    flown = Flown()
    second = flown.seat_of(flown.joins())
    flown.connects()
    for seat in (second, flown.seat_of(flown.first)):
        seat.begin(flown.first, b"POST")
        seat.send(b"once more")
        seat.request_ended()
    assert flown.line.sent == b"a request"
    assert flown.line.story == ["begin", "request ended"]


async def test_a_seat_that_pauses_is_given_nothing_until_it_goes_on() -> None:
    flown = Flown()
    slow = flown.joins(Guest(takes=1))
    flown.connects()
    flown.begins()
    for _ in range(3):
        flown.gives(FIRST)
    assert (flown.seat_of(slow).place, flown.seat_of(flown.first).place) == (1, 3)
    slow.goes_on(takes=1)
    assert slow.body == chunk(FIRST)  # not from within who goes on
    await asyncio.sleep(0)
    assert slow.body == chunk(FIRST) * 2
    slow.goes_on()
    await asyncio.sleep(0)
    assert slow.body == flown.first.body


async def test_going_on_where_nothing_was_paused_does_nothing() -> None:
    flown = Flown()
    flown.connects()
    flown.begins()
    flown.seat_of(flown.first).resume()
    await asyncio.sleep(0)
    assert "resume" not in flown.line.story


def test_a_seat_that_is_given_up_twice_is_given_up_once() -> None:
    flown = Flown()
    second = flown.joins()
    flown.connects()
    flown.leaves(second)
    flown.leaves(second)
    flown.begins()
    assert second.statuses == []
    assert flown.first.statuses == ["MISS"]
