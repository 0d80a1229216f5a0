"""A component's books only grow, and hold what they were given."""

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.energy.apportionment import State, Use
from gpu_exporter.energy.booking import Booking
from gpu_exporter.energy.idle_power import ENOUGH_READINGS
from gpu_exporter.energy.opening import ZERO_SECONDS

A, B = Use("a", State.BUSY), Use("b", State.BUSY)
LOADED = Use("a", State.MODEL_LOADED)
BARE = Use("none", State.BARE)


def test_joules_and_seconds_since_the_fact_before_are_shared_out() -> None:
    booking = Booking(Fact(10.0, 500.0))
    booking.book(Fact(12.0, 600.0), {A: 0.75, B: 0.25})
    booking.book(Fact(13.0, 640.0), {A: 1.0})
    assert booking.joules == {A: 115.0, B: 25.0}
    assert booking.seconds == {A: 2.5, B: 0.5}


def told(booking: Booking, at: float) -> dict[Use, tuple[float, float]]:
    return {use: (joules, seconds) for use, joules, seconds in booking.told(at)}


def test_what_is_booked_is_told_when_its_series_has_been_at_0_for_a_while() -> None:
    booking = Booking(Fact(0.0, 0.0))
    booking.open(0.0, [BARE])
    booking.book(Fact(5.0, 20.0), {BARE: 1.0})
    booking.book(Fact(6.0, 320.0), {A: 1.0})
    booking.open(6.0, [BARE])
    assert told(booking, 6.0) == {BARE: (0.0, 0.0), A: (0.0, 0.0)}
    booking.open(ZERO_SECONDS, [BARE])
    assert told(booking, ZERO_SECONDS) == {BARE: (20.0, 5.0), A: (0.0, 0.0)}
    assert told(booking, ZERO_SECONDS + 6.0) == {BARE: (20.0, 5.0), A: (300.0, 1.0)}


def test_only_what_has_nothing_is_closed_and_begins_at_0_again() -> None:
    booking = Booking(Fact(0.0, 0.0))
    booking.open(0.0, [A, B])
    booking.book(Fact(1.0, 20.0), {A: 1.0})
    booking.open(20.0, [])
    assert told(booking, 20.0) == {A: (20.0, 1.0)}
    booking.book(Fact(21.0, 50.0), {B: 1.0})
    booking.open(21.0, [])
    assert told(booking, 22.0) == {A: (20.0, 1.0), B: (0.0, 0.0)}


def test_a_total_that_went_back_is_where_it_goes_on_from() -> None:
    booking = Booking(Fact(0.0, 1000.0))
    booking.book(Fact(1.0, 10.0), {A: 1.0})
    assert (booking.joules, booking.seconds) == ({}, {})
    booking.book(Fact(2.0, 310.0), {A: 1.0})
    assert (booking.joules, booking.seconds) == ({A: 300.0}, {A: 1.0})


@pytest.mark.parametrize(("use", "state"), [(LOADED, State.MODEL_LOADED), (BARE, State.BARE)])
def test_power_is_kept_of_the_states_without_work(use: Use, state: State) -> None:
    booking = Booking(Fact(0.0, 0.0))
    at = joules = 0.0
    for _ in range(ENOUGH_READINGS):
        for used, watts in ((use, 60.0), (A, 300.0), (Use("none", State.UNKNOWN), 5.0)):
            at, joules = at + 1.0, joules + watts
            booking.book(Fact(at, joules), {used: 1.0})
    found = {idle: power.watts for idle, power in booking.idle.items()}
    assert found == {State.MODEL_LOADED: None, State.BARE: None} | {state: 60.0}


def test_a_reading_of_power_does_not_go_on_after_work() -> None:
    booking = Booking(Fact(0.0, 0.0))
    at = joules = 0.0
    for _ in range(3 * ENOUGH_READINGS):
        # half a second after each answer the card is fast still
        for used, watts, seconds in ((A, 300.0, 1.0), (BARE, 200.0, 0.5), (A, 300.0, 1.0)):
            at, joules = at + seconds, joules + watts * seconds
            booking.book(Fact(at, joules), {used: 1.0})
    assert booking.idle[State.BARE].watts is None
