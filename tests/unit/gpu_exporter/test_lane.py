"""A thread that runs collectors in their order, until it is told to stop."""

import threading
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.collector import Collector
from gpu_exporter.lane import Lane, next_turn
from gpu_exporter.reading import Reading
from gpu_exporter.watch import Watch
from tests.exporters import CEILING_SECONDS, HangingCollector, ScriptedCollector

seconds = st.floats(min_value=0.01, max_value=1e4)


def lane_of(*collectors: Collector, interval_seconds: float = 3600.0) -> Lane:
    return Lane("sample", [Watch(one, 30.0) for one in collectors], interval_seconds)


def test_the_first_turn_is_at_once_and_in_order() -> None:
    order: list[str] = []

    class Noting(ScriptedCollector):
        def collect(self) -> Iterator[Reading]:
            order.append(self.name)
            return super().collect()

    lane = lane_of(Noting(name="first"), Noting(name="second"))
    lane.start()
    assert lane.has_turned(CEILING_SECONDS)
    assert order == ["first", "second"]
    lane.stop()
    assert lane.has_ended(CEILING_SECONDS)


def test_it_goes_on_on_its_interval() -> None:
    turns = threading.Semaphore(0)

    class Counting(ScriptedCollector):
        def collect(self) -> Iterator[Reading]:
            turns.release()
            return super().collect()

    lane = lane_of(Counting(), interval_seconds=0.001)
    lane.start()
    assert all(turns.acquire(timeout=CEILING_SECONDS) for _ in range(5))
    lane.stop()
    assert lane.has_ended(CEILING_SECONDS)


def test_a_failure_does_not_hold_up_the_next() -> None:
    failing, other = ScriptedCollector(OSError("gone")), ScriptedCollector()
    lane = lane_of(failing, other)
    lane.start()
    assert lane.has_turned(CEILING_SECONDS)
    assert (failing.runs, other.runs) == (1, 1)
    lane.stop()
    assert lane.has_ended(CEILING_SECONDS)


def test_one_that_hangs_is_not_waited_for() -> None:
    hanging, other = HangingCollector(), ScriptedCollector()
    lane = lane_of(hanging, other)
    lane.start()
    assert hanging.began.wait(CEILING_SECONDS)
    assert not lane.has_turned(0.0)
    lane.stop()
    assert not lane.has_ended(0.0)
    hanging.let_go.set()
    assert lane.has_ended(CEILING_SECONDS)
    assert other.runs == 0


def test_who_waits_for_the_first_turn_is_let_go_at_the_end() -> None:
    hanging = HangingCollector()
    lane = lane_of(hanging)
    lane.start()
    lane.stop()
    assert lane.has_turned(CEILING_SECONDS)
    hanging.let_go.set()
    assert lane.has_ended(CEILING_SECONDS)


def test_one_that_was_never_started_has_ended() -> None:
    lane = lane_of()
    lane.stop()
    assert lane.has_ended(CEILING_SECONDS)


def test_turns_keep_their_schedule_and_what_was_missed_is_left_out() -> None:
    assert next_turn(10.0, 10.2, 1.0) == 11.0
    assert next_turn(10.0, 13.7, 1.0) == 14.0
    assert next_turn(10.0, 9.0, 1.0) == 11.0


@given(due=seconds, late=seconds, interval=seconds)
def test_the_next_turn_is_to_come_and_at_most_an_interval_away(
    due: float, late: float, interval: float
) -> None:
    now = due + late
    turn = next_turn(due, now, interval)
    rounding = 1e-9 * (now + interval)
    assert now - rounding <= turn <= now + interval + rounding


def test_what_a_collector_holds_open_is_given_back_at_the_end() -> None:
    class Holding(ScriptedCollector):
        is_open = True

        def close(self) -> None:
            self.is_open = False

    holding, other = Holding(), ScriptedCollector()
    lane = lane_of(holding, other)
    lane.start()
    assert lane.has_turned(CEILING_SECONDS)
    assert holding.is_open
    lane.stop()
    assert lane.has_ended(CEILING_SECONDS)
    assert not holding.is_open
