"""The energy of cards: one source at a time, nothing twice, and all of it in the sum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gpu_exporter.energy.cards import FROZEN_AFTER_SECONDS, CardEnergy, GpuEnergy
from gpu_exporter.gpu import Gpu
from ollama_observe.metrics.catalogue import gpu as m
from tests.exporters import a_gpu

LIMIT_WATTS = 400.0


@dataclass(frozen=True, slots=True)
class Step:
    """A while, and what the card could say at its end."""

    seconds: float
    has_counter: bool
    has_power: bool
    is_reset: bool
    is_frozen: bool
    is_asleep: bool
    """All the while: nothing is used, and nobody can say so."""


steps = st.lists(
    st.builds(
        Step,
        seconds=st.one_of(st.floats(0.1, 12.0), st.floats(290.0, 900.0)),
        has_counter=st.booleans(),
        has_power=st.booleans(),
        is_reset=st.sampled_from([False] * 9 + [True]),
        is_frozen=st.booleans(),
        is_asleep=st.sampled_from([False] * 3 + [True]),
    ),
    max_size=60,
)


@given(st.floats(1.0, LIMIT_WATTS), steps)
def test_whatever_sources_take_turns_no_joule_is_told_twice(
    watts: float, steps: Sequence[Step]
) -> None:
    card, at, counter, used = CardEnergy(), 0.0, 5000.0, 0.0
    card.add(at, counter, watts, LIMIT_WATTS)
    for step in steps:
        before = sum(card.joules.values())
        at += step.seconds
        joules = (not step.is_asleep) * watts * step.seconds
        used += joules
        counter = 0.0 if step.is_reset else counter + (not step.is_frozen) * joules
        said_counter = counter if step.has_counter else None
        has_power = step.has_power and not step.is_asleep
        card.add(at, said_counter, watts if has_power else None, LIMIT_WATTS)
        total = sum(card.joules.values())
        assert before <= total <= used * (1 + 1e-9) + 1e-6
        assert all(0 <= card.told[source] <= card.joules[source] for source in card.joules)


@given(st.floats(1.0, LIMIT_WATTS), steps)
def test_a_counter_that_is_late_at_times_is_not_made_up_for_twice(
    watts: float, steps: Sequence[Step]
) -> None:
    card, at, used, shown = CardEnergy(), 0.0, 0.0, 0.0
    card.add(at, shown, watts, LIMIT_WATTS)
    for step in steps:
        at, used = at + step.seconds, used + watts * step.seconds
        shown = shown if step.is_frozen else used
        card.add(at, shown, watts if step.has_power else None, LIMIT_WATTS)
        assert sum(card.joules.values()) <= used * (1 + 1e-9) + 1e-6


def test_a_counter_that_moves_seldom_is_left_only_when_it_has_stopped() -> None:
    card = CardEnergy()
    for second in range(30):
        card.add(float(second), 500.0 * (second // 5), 100.0)
    for second in range(30, 40):
        card.add(float(second), 2500.0, 100.0)
    assert card.joules == {"counter": 2500.0, "integrated": 1000.0 + 400.0}


@given(st.lists(st.tuples(st.floats(0.1, 5.0), st.floats(0.0, LIMIT_WATTS)), max_size=60))
def test_a_counter_that_stops_for_good_costs_at_most_what_is_lost_around_the_change(
    seconds: Sequence[tuple[float, float]],
) -> None:
    """While it stands, power tells: everything from its last movement on."""
    card, at, used, last = CardEnergy(), 0.0, 0.0, 0.0
    card.add(at, 777.0, 0.0, LIMIT_WATTS)
    for elapsed, watts in seconds:
        at, used, last = at + elapsed, used + elapsed * (last + watts) / 2, watts
        card.add(at, 777.0, watts, LIMIT_WATTS)
    total = sum(card.joules.values())
    if "integrated" in card.joules:
        assert abs(total - used) <= 1e-9 * used + 1e-6
    else:
        assert total == 0.0


def test_a_counter_is_believed_as_long_as_it_moves() -> None:
    card = CardEnergy()
    for second in range(60):
        card.add(float(second), 1000.0 + 50 * second, 80.0)
    assert card.joules == {"counter": 59 * 50.0}


def test_a_counter_that_stands_still_while_power_flows_is_left() -> None:
    card = CardEnergy()
    for second in range(5):
        card.add(float(second), 1000.0 + 100 * second, 100.0)
    for second in range(5, 5 + int(FROZEN_AFTER_SECONDS)):
        card.add(float(second), 1400.0, 100.0)
    assert card.joules == {"counter": 400.0, "integrated": 1000.0}
    card.add(15.0, 99_999.0, 100.0)  # it moves again, and is not believed any more
    assert card.joules == {"counter": 400.0, "integrated": 1100.0}


def test_a_counter_that_stands_still_without_power_has_nothing_to_count() -> None:
    card = CardEnergy()
    for second in range(60):
        card.add(float(second), 1000.0, 0.0)
    assert card.joules == {"counter": 0.0}


def test_a_card_without_a_counter_is_told_by_its_power() -> None:
    card = CardEnergy()
    for second in range(11):
        card.add(float(second), None, 100.0)
    assert (card.joules, card.discontinuities) == ({"integrated": 1000.0}, 0)


def test_the_time_that_a_card_slept_is_not_made_up_and_is_a_break() -> None:
    card = CardEnergy()
    for second in range(6):
        card.add(float(second), None, 100.0)
    for second in range(6, 206):
        card.add(float(second), None, None)
    card.add(206.0, None, 100.0)
    card.add(207.0, None, 100.0)
    assert (card.joules, card.discontinuities) == ({"integrated": 600.0}, 1)


def test_a_source_that_takes_over_begins_at_0_and_has_all_of_it_later() -> None:
    card, told = CardEnergy(), []
    for second in range(30):
        card.add(float(second), 1000.0, 100.0)
        told.append(card.told.get("integrated"))
    assert told[9] is None
    assert told[10:25] == [0.0] * 15
    assert told[25:] == [2500.0, 2600.0, 2700.0, 2800.0, 2900.0]
    assert card.joules["integrated"] == 2900.0


def test_a_source_that_begins_at_0_itself_is_told_at_once() -> None:
    card = CardEnergy()
    for second in range(3):
        card.add(float(second), None, 100.0)
    assert card.told == {"integrated": 200.0}


def test_a_card_that_can_say_nothing_has_no_energy() -> None:
    card = CardEnergy()
    card.add(0.0, None, None)
    card.add(1.0, None, None)
    assert (card.joules, card.discontinuities) == ({}, 0)


def test_a_counter_that_comes_and_goes_is_not_counted_over_what_power_told() -> None:
    card = CardEnergy()
    card.add(0.0, 0.0, 100.0)
    card.add(1.0, None, 100.0)
    card.add(2.0, 200.0, None)
    card.add(3.0, None, 100.0)
    card.add(4.0, 400.0, 100.0)
    card.add(5.0, 500.0, 100.0)
    assert card.joules == {"integrated": 100.0, "counter": 100.0}


def test_breaks_are_those_of_the_sources_in_use() -> None:
    card = CardEnergy()
    card.add(0.0, 1000.0, 100.0)
    card.add(1.0, 0.0, 100.0)
    assert card.discontinuities == 1
    card.add(500.0, 100.0, 100.0)
    assert card.discontinuities == 2  # the counter's; power's gap cost nothing


def test_a_limit_that_was_raised_makes_more_plausible() -> None:
    card = CardEnergy()
    card.add(0.0, 0.0, None, 100.0)
    card.add(10.0, 4000.0, None, 100.0)
    card.add(20.0, 8000.0, None, 400.0)
    assert (card.joules, card.discontinuities) == ({"counter": 4000.0}, 1)


def card_of(index: str, vendor: str = "nvidia", joules: float | None = None) -> Gpu:
    gpu = a_gpu(index, f"GPU-{index}", vendor)
    return replace(
        gpu,
        energy_joules=joules,
        power_watts={"instant": 60.0},
        power_limit_watts={"enforced": 300.0, "max": 350.0},
    )


def told(energy: GpuEnergy) -> dict[tuple[str, ...], float]:
    return {r.labels: r.value for r in energy.readings() if r.metric is m.ENERGY}


def test_each_card_has_its_own_source_and_the_sum_has_all() -> None:
    energy = GpuEnergy()
    for second in range(11):
        used = 50.0 * second
        energy.add(float(second), [card_of("0", joules=1e6 + used), card_of("1")])
    assert told(energy) == {
        ("0", "GPU-0", "counter"): 500.0,
        ("1", "GPU-1", "integrated"): 600.0,
    }
    assert energy.total_joules == 1100.0


def test_the_limit_that_counts_is_the_highest_that_can_be_set() -> None:
    energy = GpuEnergy()
    for second in (0.0, 100.0):  # 395 W: more than is enforced, not more than can be
        energy.add(second, [card_of("0", joules=395.0 * second)])
    assert energy.total_joules == 39_500.0


def test_amd_counters_are_not_believed() -> None:
    energy = GpuEnergy()
    for second in range(3):
        energy.add(float(second), [card_of("0", "amd", joules=1000.0 * second)])
    assert told(energy) == {("0", "GPU-0", "integrated"): 120.0}


def test_the_energy_of_a_card_that_is_made_up_is_made_up_whatever_its_source() -> None:
    energy = GpuEnergy()
    for second, joules in enumerate([0.0, 50.0, None, None]):
        energy.add(float(second), [card_of("0", "demo", joules=joules)])
    assert told(energy) == {("0", "GPU-0", "demo"): 170.0}


def test_a_card_that_is_gone_is_in_the_sum_and_comes_back_where_it_was() -> None:
    energy = GpuEnergy()
    for second in range(3):
        energy.add(float(second), [card_of("0"), card_of("1")])
    energy.add(3.0, [card_of("0")])
    assert told(energy) == {("0", "GPU-0", "integrated"): 180.0}
    assert energy.total_joules == 300.0
    energy.add(400.0, [card_of("0"), card_of("1")])
    assert told(energy)["1", "GPU-1", "integrated"] == 120.0
    breaks = [r.value for r in energy.readings() if r.metric is m.ENERGY_DISCONTINUITIES]
    assert breaks == [1, 1]


def test_a_card_that_was_not_read_for_a_while_is_not_taken_to_have_gone_on() -> None:
    energy = GpuEnergy()
    for second in range(3):
        energy.add(float(second), [card_of("0"), card_of("1")])
    for second in range(3, 100):
        energy.add(float(second), [card_of("0")])
    energy.add(100.0, [card_of("0"), card_of("1")])
    assert told(energy) == {
        ("0", "GPU-0", "integrated"): 6000.0,
        ("1", "GPU-1", "integrated"): 120.0,
    }


def test_a_card_that_was_not_read_for_a_while_has_what_its_counter_says() -> None:
    energy = GpuEnergy()
    energy.add(0.0, [card_of("0"), card_of("1", joules=0.0)])
    for second in range(1, 100):
        energy.add(float(second), [card_of("0")])
    energy.add(100.0, [card_of("0"), card_of("1", joules=5000.0)])
    assert told(energy)["1", "GPU-1", "counter"] == 5000.0


def test_the_sum_of_all_cards_does_not_wait_for_what_is_told() -> None:
    energy = GpuEnergy()
    for second in range(11):
        energy.add(float(second), [card_of("0", joules=5.0)])
    assert told(energy)["0", "GPU-0", "integrated"] == 0.0
    assert energy.total_joules == 600.0


def test_before_any_card_told_of_energy_there_is_none() -> None:
    energy = GpuEnergy()
    energy.add(0.0, [a_gpu()])
    assert (energy.is_known, list(energy.readings())) == (False, [])
    energy.add(1.0, [card_of("0")])
    assert (energy.is_known, energy.total_joules) == (True, 0.0)


def test_the_source_is_logged_when_it_is_first_used() -> None:
    energy = GpuEnergy()
    with capture_logs() as logs:
        for second in range(20):
            energy.add(float(second), [card_of("0", joules=5.0)])
    assert [line["source"] for line in logs] == ["counter", "integrated"]
