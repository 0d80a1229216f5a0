"""Power with nothing to do: which readings count, and which of them is it."""

from gpu_exporter.energy.idle_power import ENOUGH_READINGS, LATEST_READINGS, IdlePower


def after(*watts: float) -> IdlePower:
    power = IdlePower()
    for value in watts:
        power.add(value, 1.0)
    return power


def test_a_few_readings_are_not_enough() -> None:
    assert after(*[60.0] * (ENOUGH_READINGS - 1)).watts is None
    assert after(*[60.0] * ENOUGH_READINGS).watts == 60.0


def test_it_is_the_5th_percentile_and_not_the_least() -> None:
    # of 100, five are not above the 5th percentile
    assert after(*map(float, range(100, 0, -1))).watts == 5.0
    # of 30, one and a half: the second
    assert after(1.0, *[60.0] * 29).watts == 60.0


def test_what_is_long_past_is_forgotten() -> None:
    power = after(*[20.0] * LATEST_READINGS)
    for _ in range(LATEST_READINGS):
        power.add(60.0, 1.0)
    assert power.watts == 60.0


def test_power_is_joules_over_the_time_that_passed() -> None:
    power = IdlePower()
    for _ in range(ENOUGH_READINGS):
        power.add(120.0, 2.0)
    assert power.watts == 60.0


def test_short_times_make_one_reading_together() -> None:
    power = IdlePower()
    # a counter that moves by steps of its own, read every tenth of a second
    for tick in range(10 * ENOUGH_READINGS):
        power.add(9.0 if tick % 2 else 3.0, 0.1)
    assert power.watts is not None
    assert 50 < power.watts < 70


def test_a_counter_that_stood_still_is_no_power_of_nothing() -> None:
    power = IdlePower()
    for tick in range(10 * ENOUGH_READINGS):
        power.add(600.0 if tick % 10 == 9 else 0.0, 1.0)
    assert power.watts == 60.0


def test_an_interruption_drops_what_was_begun() -> None:
    power = IdlePower()
    for _ in range(ENOUGH_READINGS):
        power.add(1000.0, 0.5)
        power.interrupt()
        power.add(60.0, 1.0)
    assert power.watts == 60.0
