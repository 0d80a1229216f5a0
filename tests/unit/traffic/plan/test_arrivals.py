"""Instants come in order, at the rate that was asked for, in the form that was asked for."""

import math
from itertools import islice, pairwise, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.plan.arrivals import Arrival, Schedule, instants

RATES = st.floats(0.1, 200)
SECONDS = st.floats(0.5, 20)
SEEDS = st.integers(0, 2**31 - 1)
SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(["constant", "poisson", "ramp", "burst", "spike"]),
    RATES,
    ramp_seconds=SECONDS,
    burst_size=st.integers(1, 40),
    spike_factor=st.floats(1, 10),
    spike_after_seconds=st.floats(0, 20),
    spike_seconds=SECONDS,
)


def until(schedule: Schedule, end: float, seed: int = 1) -> list[float]:
    return list(takewhile(lambda instant: instant < end, instants(schedule, seed)))


@given(SCHEDULES, SEEDS)
def test_none_comes_before_the_one_before_it_nor_before_the_beginning(
    schedule: Schedule, seed: int
) -> None:
    times = list(islice(instants(schedule, seed), 300))
    assert times == sorted(times)
    assert times[0] >= 0


@given(SCHEDULES, SEEDS)
def test_the_same_seed_gives_the_same_instants(schedule: Schedule, seed: int) -> None:
    one, other = (list(islice(instants(schedule, seed), 50)) for _ in range(2))
    assert one == other


@given(RATES, SECONDS)
def test_a_constant_schedule_has_equal_gaps(rate: float, end: float) -> None:
    times = until(Schedule("constant", rate), end)
    assert abs(len(times) - rate * end) <= 1 + 1e-6
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == pytest.approx([1 / rate] * len(gaps))


@given(RATES, SEEDS)
@settings(max_examples=50)
def test_poisson_keeps_the_mean_rate_and_gaps_spread_as_much_as_their_mean(
    rate: float, seed: int
) -> None:
    count = 4000
    times = [0.0, *islice(instants(Schedule("poisson", rate), seed), count)]
    gaps = [(later - sooner) * rate for sooner, later in pairwise(times)]
    # six standard errors: one seed in a thousand million is farther off
    mean = sum(gaps) / count
    assert abs(mean - 1) < 6 / math.sqrt(count)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / count)
    assert abs(spread - 1) < 6 * math.sqrt(2 / count)


def test_another_seed_gives_other_instants_of_poisson_alone() -> None:
    kinds: list[Arrival] = ["constant", "poisson", "ramp", "burst", "spike"]
    differ = [
        kind
        for kind in kinds
        if list(islice(instants(Schedule(kind, 2.0), 1), 9))
        != list(islice(instants(Schedule(kind, 2.0), 2), 9))
    ]
    assert differ == ["poisson"]


@given(RATES, SECONDS, SECONDS)
def test_a_ramp_has_half_the_rate_while_it_rises_and_all_of_it_after(
    rate: float, rises: float, after: float
) -> None:
    times = until(Schedule("ramp", rate, ramp_seconds=rises), rises + after)
    rising = sum(instant < rises for instant in times)
    assert abs(rising - rate * rises / 2) <= 1 + 1e-6
    assert abs(len(times) - rising - rate * after) <= 1 + 1e-6


@given(RATES, SECONDS)
def test_a_ramp_brings_a_quarter_in_its_first_half(rate: float, rises: float) -> None:
    times = until(Schedule("ramp", rate, ramp_seconds=rises), rises / 2)
    assert abs(len(times) - rate * rises / 8) <= 1 + 1e-6


@given(RATES, st.integers(1, 40), st.integers(1, 8))
def test_a_burst_is_as_large_as_asked_for_and_the_mean_rate_is_kept(
    rate: float, size: int, bursts: int
) -> None:
    times = list(islice(instants(Schedule("burst", rate, burst_size=size), 1), bursts * size))
    assert [times.count(instant) for instant in dict.fromkeys(times)] == [size] * bursts
    assert times[-1] == pytest.approx((bursts - 1) * size / rate)


@given(RATES, st.floats(0, 20), SECONDS, st.floats(1, 10), SECONDS)
def test_a_spike_has_its_factor_from_its_beginning_to_its_end_and_no_longer(
    rate: float, begins: float, lasts: float, factor: float, after: float
) -> None:
    schedule = Schedule(
        "spike",
        rate,
        spike_factor=factor,
        spike_after_seconds=begins,
        spike_seconds=lasts,
    )
    times = until(schedule, begins + lasts + after)
    before = sum(instant < begins for instant in times)
    within = sum(begins <= instant < begins + lasts for instant in times)
    assert abs(before - rate * begins) <= 1 + 1e-6
    assert abs(within - rate * factor * lasts) <= 1 + 1e-6
    assert abs(len(times) - before - within - rate * after) <= 1 + 1e-6


def test_a_closed_loop_has_no_instants() -> None:
    with pytest.raises(ValueError, match="no instants"):
        instants(Schedule("closed", 1.0), 1)
