import math

import pytest

from stack.top.history import KEPT_SECONDS, SLOT_SECONDS, History
from stack.top.rates import Growth

NOW = 1000.0


def grown(seconds: float, tokens: float = 0.0, requests: float = 0.0) -> Growth:
    return Growth(seconds, requests, tokens)


def rates(history: History, count: int = 4, now: float = NOW) -> list[float | None]:
    return [None if one is None else one.tokens_per_second for one in history.slots(count, now)]


def test_of_a_slot_that_nobody_read_nothing_is_known() -> None:
    assert rates(History()) == [None] * 4


def test_the_latest_slot_is_the_last() -> None:
    history = History()
    history.add("a", NOW - 5, NOW - 3, grown(2, 20))
    history.add("a", NOW, NOW + 2, grown(2, 60))
    assert rates(history, now=NOW + 2) == [None, None, 10.0, 30.0]


def test_time_and_tokens_are_spread_over_the_slots_in_which_they_were() -> None:
    history = History()
    history.add("a", NOW - 10, NOW + 2, grown(12, 120, requests=3))
    slots = history.slots(4, NOW + 2)
    assert [slot and (slot.seconds, round(slot.generated_tokens, 6)) for slot in slots] == [
        None,
        (5, 50),
        (5, 50),
        (2, 20),
    ]
    # an instant has no length: what ended was seen at the end
    assert [slot and slot.requests for slot in slots] == [None, 0, 0, 3]


def test_proxies_add_up() -> None:
    history = History()
    history.add("a", NOW, NOW + 2, grown(2, 20, 1))
    history.add("b", NOW, NOW + 4, grown(4, 80, 2))
    (slot,) = history.slots(1, NOW + 4)
    assert slot is not None
    assert (slot.tokens_per_second, slot.requests, slot.seconds) == (30.0, 3, 4)


def test_what_was_told_counts_only_where_there_are_no_own_readings() -> None:
    history = History()
    history.add("a", NOW - 5, NOW, grown(5, 50))
    history.fill([("x", NOW - 10, NOW - 5, grown(5, 5)), ("x", NOW - 5, NOW, grown(5, 5))])
    assert rates(history, 3, NOW - 0.1) == [None, 1.0, 10.0]


def test_what_is_told_anew_takes_the_place_of_what_was_told() -> None:
    history = History()
    for tokens in (5, 10):
        history.fill([("x", NOW - 10, NOW - 5, grown(5, tokens))])
    assert rates(history, 2, NOW - 1) == [2.0, None]


def test_slots_together_weigh_by_their_time() -> None:
    history = History()
    history.fill([("x", NOW - 10, NOW - 5, grown(5, 100, 4))])
    history.add("a", NOW - 5, NOW - 4, grown(1, 2, 1))
    whole = history.over(10, NOW - 4)
    assert (whole.seconds, whole.generated_tokens, whole.requests) == (6, 102, 5)
    assert whole.tokens_per_second == pytest.approx(17)


def test_quantiles_of_some_slots_are_of_all_that_was_observed_in_them() -> None:
    history = History()
    for begin in (NOW - 10, NOW - 5):
        history.add("a", begin, begin + 5, Growth(5, ttft={1: 1, math.inf: 1}))
    assert history.over(10, NOW - 1).ttft == {1: 2, math.inf: 2}


def test_what_is_old_is_forgotten() -> None:
    history = History()
    for number in range(1000):
        begin = NOW + number * SLOT_SECONDS
        history.add("a", begin, begin + SLOT_SECONDS, grown(SLOT_SECONDS, 5))
    kept = history.slots(2000, NOW + 999 * SLOT_SECONDS)
    assert sum(slot is not None for slot in kept) <= KEPT_SECONDS / SLOT_SECONDS + 2


@pytest.mark.parametrize(("begin", "end"), [(NOW, NOW), (NOW, NOW - 1)])
def test_no_time_is_no_reading(begin: float, end: float) -> None:
    history = History()
    history.add("a", begin, end, grown(1, 1))
    assert rates(history) == [None] * 4
