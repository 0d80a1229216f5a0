"""Energy that only grows, and is never more than what was really used."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.energy.meters import (
    ABOVE_LIMIT_RATIO,
    LONGEST_GAP_SECONDS,
    MOST_WATTS,
    SLACK_SECONDS,
    CounterMeter,
    PowerMeter,
)

LIMIT_WATTS = 300.0
WRAPS_AT_JOULES = 65_536.0


@dataclass(frozen=True, slots=True)
class Step:
    """A while, and what happened to the counter at its end."""

    seconds: float
    watts: float
    is_reset: bool = False


steps = st.lists(
    st.builds(
        Step,
        seconds=st.one_of(st.floats(0.05, 20.0), st.floats(200.0, 4000.0)),
        watts=st.floats(0.0, LIMIT_WATTS),
        is_reset=st.booleans(),
    ),
    max_size=60,
)


def about(joules: float) -> float:
    """A little more, for what floating point loses."""
    return joules * (1 + 1e-9) + 1e-6


@given(steps)
def test_a_counter_with_resets_and_gaps_is_monotone_and_invents_nothing(
    steps: Sequence[Step],
) -> None:
    meter, at, counter, used = CounterMeter(limit_watts=LIMIT_WATTS), 50.0, 12_345.0, 0.0
    meter.add(at, counter)
    for step in steps:
        before = meter.total_joules
        counter = 0.0 if step.is_reset else counter + step.seconds * step.watts
        at, used = at + step.seconds, used + step.seconds * step.watts
        added = meter.add(at, counter)
        assert meter.total_joules == before + added >= before
        assert meter.total_joules <= about(used)


@given(steps)
def test_a_counter_that_wraps_loses_nothing_but_gaps(steps: Sequence[Step]) -> None:
    meter = CounterMeter(WRAPS_AT_JOULES, LIMIT_WATTS)
    at, used, told = 50.0, 60_000.0, 0.0
    meter.add(at, used % WRAPS_AT_JOULES)
    for step in steps:
        before, at, joules = at, at + step.seconds, step.seconds * step.watts
        used += joules
        meter.add(at, used % WRAPS_AT_JOULES)
        # read often enough, it goes around at most once between two readings
        if at - before <= LONGEST_GAP_SECONDS and joules < 0.999 * WRAPS_AT_JOULES:
            told += joules
    assert told * (1 - 1e-9) - 1e-3 <= meter.total_joules <= about(used - 60_000.0) + 1e-3


@given(
    steps,
    st.lists(st.floats(-1e12, 1e12), min_size=60, max_size=60),
    st.sampled_from([None, WRAPS_AT_JOULES]),
)
def test_whatever_a_counter_says_no_more_is_added_than_hardware_can_use(
    steps: Sequence[Step], said: Sequence[float], wraps_at: float | None
) -> None:
    meter, at, most = CounterMeter(wraps_at, LIMIT_WATTS), 50.0, 0.0
    meter.add(at, 0.0)
    for step, counter in zip(steps, said, strict=False):
        before, at = meter.total_joules, at + step.seconds
        meter.add(at, counter)
        most += ABOVE_LIMIT_RATIO * LIMIT_WATTS * (step.seconds + SLACK_SECONDS)
        assert before <= meter.total_joules <= about(most)


def test_a_counter_begins_at_nothing_wherever_it_stands() -> None:
    meter = CounterMeter()
    assert meter.add(0.0, 1e9) == 0.0
    assert meter.add(1.0, 1e9 + 50) == 50.0
    assert (meter.total_joules, meter.discontinuities) == (50.0, 0)


def test_a_counter_goes_on_after_a_reset_and_the_reset_is_counted() -> None:
    meter = CounterMeter()
    for at, joules in enumerate([100.0, 150.0, 20.0, 70.0]):
        meter.add(float(at), joules)
    assert (meter.total_joules, meter.discontinuities) == (100.0, 1)


def test_a_wrapped_counter_goes_on() -> None:
    meter = CounterMeter(wraps_at_joules=1000.0)
    for at, joules in enumerate([980.0, 30.0, 60.0]):
        meter.add(float(at), joules)
    assert (meter.total_joules, meter.discontinuities) == (80.0, 0)


def test_a_reset_that_looks_like_a_wrap_is_found_out_by_its_leap() -> None:
    meter = CounterMeter(wraps_at_joules=262_144.0, limit_watts=LIMIT_WATTS)
    meter.add(0.0, 1000.0)
    assert meter.add(1.0, 0.0) == 0.0
    assert meter.discontinuities == 1


def test_without_a_limit_a_leap_is_one_that_no_card_makes() -> None:
    meter = CounterMeter()
    meter.add(0.0, 0.0)
    assert meter.add(10.0, 10 * MOST_WATTS) == 10 * MOST_WATTS
    assert meter.add(20.0, 100 * MOST_WATTS) == 0.0
    assert meter.discontinuities == 1


def test_a_limit_of_nothing_is_none_that_is_known() -> None:
    meter = CounterMeter(limit_watts=0.0)
    meter.add(0.0, 0.0)
    assert meter.add(1.0, 100.0) == 100.0


def test_a_counter_that_is_brought_up_to_date_late_is_believed() -> None:
    """At ten readings a second one may have nothing of a counter that moves ten times a second,
    and the next one has it all."""
    meter = CounterMeter(limit_watts=LIMIT_WATTS)
    for at, joules in [(0.0, 0.0), (0.1, 0.0), (0.2, 60.0)]:
        meter.add(at, joules)
    assert (meter.total_joules, meter.discontinuities) == (60.0, 0)


@pytest.mark.parametrize("elapsed", [0.0, -1.0, LONGEST_GAP_SECONDS + 1])
def test_readings_that_say_nothing_of_the_time_between_add_nothing(elapsed: float) -> None:
    counter, power = CounterMeter(), PowerMeter()
    counter.add(1000.0, 0.0)
    power.add(1000.0, 100.0)
    assert counter.add(1000.0 + elapsed, 10.0) == power.add(1000.0 + elapsed, 100.0) == 0.0
    assert counter.discontinuities == power.discontinuities == 1


def test_what_was_skipped_is_not_made_up_for() -> None:
    counter, power = CounterMeter(), PowerMeter()
    counter.add(0.0, 0.0)
    power.add(0.0, 100.0)
    counter.skip()
    power.skip()
    assert counter.add(1.0, 100.0) == power.add(1.0, 100.0) == 0.0
    assert counter.add(2.0, 200.0) == power.add(2.0, 100.0) == 100.0
    assert counter.discontinuities == power.discontinuities == 0


def test_what_nobody_tells_is_a_break_for_as_long_as_it_lasts() -> None:
    meter = PowerMeter()
    meter.lose()
    assert meter.discontinuities == 0
    meter.add(0.0, 100.0)
    meter.lose()
    meter.lose()
    assert meter.add(200.0, 100.0) == 0.0
    assert meter.add(201.0, 100.0) == 100.0
    assert meter.discontinuities == 1


def test_power_is_taken_at_its_mean_between_two_readings() -> None:
    meter = PowerMeter()
    meter.add(0.0, 100.0)
    assert meter.add(2.0, 200.0) == 300.0
    assert meter.add(3.0, 200.0) == 200.0
    assert (meter.total_joules, meter.discontinuities) == (500.0, 0)


@pytest.mark.parametrize("watts", [-1.0, math.nan, math.inf, 2**32 / 1000])
def test_what_is_no_power_adds_nothing_and_spoils_nothing(watts: float) -> None:
    meter = PowerMeter()
    for at, said in enumerate([0.0, watts, 100.0, 100.0, 100.0]):
        meter.add(float(at), said)
    assert meter.total_joules == 200.0
    assert meter.discontinuities == 2


@given(steps)
def test_power_over_time_is_monotone_and_bounded_by_its_highest(steps: Sequence[Step]) -> None:
    meter, at, seconds = PowerMeter(), 50.0, 0.0
    meter.add(at, 0.0)
    for step in steps:
        before, at = meter.total_joules, at + step.seconds
        added = meter.add(at, step.watts)
        seconds += step.seconds
        assert meter.total_joules == before + added >= before
        assert meter.total_joules <= about(LIMIT_WATTS * seconds)
