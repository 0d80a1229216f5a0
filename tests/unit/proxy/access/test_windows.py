"""Sums over a minute and a day: right for any course of time, and stored whole."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.access.windows import (
    STEP_SECONDS,
    STEPS,
    Day,
    Minute,
    seconds_until_below,
    seconds_until_tomorrow,
)


def words(count: int) -> "memoryview[int]":
    return memoryview(bytearray(8 * count)).cast("q")


def test_a_minute_has_what_came_in_it_and_forgets_the_rest() -> None:
    minute = Minute(words(STEPS))
    minute.add(1000.0, 3)
    minute.add(1001.0, 1)
    minute.add(1030.0, 2)
    assert sum(minute.by_step(1030.0)) == 6
    assert sum(minute.by_step(1056.9)) == 6
    assert sum(minute.by_step(1060.0)) == 2
    assert sum(minute.by_step(1091.0)) == 0
    assert sum(minute.by_step(1e9)) == 0


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(0, 5)), max_size=60))
def test_a_minute_agrees_with_a_list_of_all_that_came(course: list[tuple[float, int]]) -> None:
    minute, came, now = Minute(words(STEPS)), [], 5e5
    for pause, amount in course:
        now += pause
        minute.add(now, amount)
        came.append((now, amount))
        found = sum(minute.by_step(now))
        assert found >= sum(n for at, n in came if now - at < 60 - STEP_SECONDS)
        assert found <= sum(n for at, n in came if now - at < 60)


def test_years_go_by() -> None:
    minute = Minute(words(STEPS))
    for now in (0.0, 1e8, 1e9, 5e9):
        minute.add(now, 1)
        assert sum(minute.by_step(now)) == 1


def test_amounts_are_bounded_by_their_word() -> None:
    minute = Minute(words(STEPS))
    for _ in range(3):
        minute.add(10.0, 1 << 39)
    assert sum(minute.by_step(10.0)) == (1 << 40) - 1
    assert sum(minute.by_step(100.0)) == 0


def test_a_day_begins_at_midnight_utc() -> None:
    day = Day(words(1))
    noon = 1_795_435_200.0
    day.add(noon, 5)
    day.add(noon + 3600, 2)
    assert day.sum(noon + 11 * 3600) == 7
    assert day.sum(noon + 12 * 3600) == 0
    day.add(noon + 12 * 3600, 1)
    assert day.sum(noon + 13 * 3600) == 1
    assert seconds_until_tomorrow(noon) == 12 * 3600
    assert seconds_until_tomorrow(noon + 43199.5) == 1


@pytest.mark.parametrize("seed", range(20))
def test_who_waits_as_told_is_let_in_and_not_much_sooner(seed: int) -> None:
    dice = random.Random(seed)
    minute, now, limit = Minute(words(STEPS)), 1e5, dice.randint(1, 10)
    for _ in range(50):
        now += dice.random() * 8
        if sum(minute.by_step(now)) < limit:
            minute.add(now, 1)
            continue
        seconds = seconds_until_below(minute.by_step(now), limit, now)
        assert 1 <= seconds <= 60
        assert sum(minute.by_step(now + seconds)) < limit
        if seconds > 1:
            assert sum(minute.by_step(now + seconds - 1.001)) >= limit


def test_what_is_far_above_its_limit_waits_a_minute() -> None:
    amounts = [0] * (STEPS - 1) + [1_000_000]
    assert seconds_until_below(amounts, 10, 999.0) == 60
    assert seconds_until_below(amounts, 10, 1000.0) == 59
