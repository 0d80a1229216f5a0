"""What clients have had, beside an equal share."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.queue import shares as shares_module
from proxy.queue.shares import BOUND_SECONDS, FADING_SECONDS, MOST_IDLE, Shares


def test_who_is_alone_is_neither_ahead_nor_behind() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 0.0)
    assert shares.of("a", 3600.0) == pytest.approx(0.0)


def test_of_two_that_want_one_slot_who_has_it_runs_ahead_and_the_other_falls_behind() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 0.0)
    shares.wait("b", 0.0)
    assert shares.of("a", 10.0) == pytest.approx(5.0)
    assert shares.of("b", 10.0) == pytest.approx(-5.0)


def test_a_newcomer_begins_where_an_equal_share_is() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 0.0)
    shares.wait("b", 0.0)
    shares.wait("c", 30.0)
    assert shares.of("c", 30.0) == 0.0


def test_what_is_in_hand_counts_for_what_it_is_expected_to_take() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 8.0)
    shares.begin("a", 0.0, 2.0)
    assert shares.of("a", 0.0) == 10.0
    shares.end("a", 0.0, 8.0)
    assert shares.of("a", 0.0) == 2.0


def test_no_more_than_a_minute_is_held_against_anybody_or_owed() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 0.0)
    shares.wait("b", 0.0)
    assert shares.of("a", 1e6) == BOUND_SECONDS
    assert shares.of("b", 1e6) == -BOUND_SECONDS


def test_what_was_ahead_or_behind_fades_while_nothing_is_asked_for() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 0.0)
    shares.wait("b", 0.0)
    shares.end("a", 40.0, 0.0)
    shares.leave("b", 40.0)
    left = 20.0 / math.e
    assert shares.of("a", 40.0 + FADING_SECONDS) == pytest.approx(left)
    assert shares.of("b", 40.0 + FADING_SECONDS) == pytest.approx(-left)


def test_who_has_had_its_part_and_asks_no_more_is_forgotten() -> None:
    shares = Shares()
    shares.begin("a", 0.0, 5.0)
    shares.end("a", 1.0, 5.0)
    assert len(shares) == 0


def test_clients_that_are_made_up_one_after_the_other_take_bounded_memory() -> None:
    shares = Shares()
    shares.wait("always", 0.0)
    for number in range(MOST_IDLE + 50):
        at = number * 10.0
        shares.begin(f"{number}", at, 0.0)
        shares.end(f"{number}", at + 10.0, 0.0)
    assert len(shares) == MOST_IDLE + 1
    assert shares.of("0", at) == 0.0
    assert shares.of(f"{number}", at + 10.0) == pytest.approx(5.0)


Step = tuple[str, float, int]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 5.0), st.integers(0, 3)), max_size=60)
)
def test_what_some_are_ahead_others_are_behind(steps: list[Step]) -> None:
    """As long as all ask for something all the time, and no bound is reached."""
    shares, now = Shares(), 0.0
    running = dict.fromkeys("abc", 0)
    for client in running:
        shares.wait(client, now)
    for client, pause, what in steps[: int(BOUND_SECONDS / 5.0 / 4)]:
        now += pause
        if what and running[client] < 2:
            shares.begin(client, now, 0.0)
            running[client] += 1
        elif running[client]:
            shares.end(client, now, 0.0)
            running[client] -= 1
    assert sum(shares.of(client, now) for client in running) == pytest.approx(0.0, abs=1e-6)


def test_a_grain_is_less_than_what_counts_at_most() -> None:
    assert 0 < shares_module.GRAIN_SECONDS < BOUND_SECONDS
