"""A generator that did not keep up says so of itself, and why."""

import asyncio

import pytest

from tests.clock import Clock
from tests.waiting import until
from traffic.bank.questions import Category
from traffic.request.attempt import Attempt
from traffic.run.selfcheck import LOOK_SECONDS, Lag, SelfCheck, Watch, lag, merged, schedule_lag

FINE = Lag(100, 0.0005, 0.002, 0.5)


def late(p99: float) -> Lag:
    """Now and then."""
    return Lag(100, 0.0, p99, 1.0)


def always_late(p50: float) -> Lag:
    return Lag(100, p50, 0.9, 1.0)


def test_percentiles_are_exact() -> None:
    assert lag([]) is None
    assert lag([0.3]) == Lag(1, 0.3, 0.3, 0.3)
    assert lag([float(number) for number in range(101)]) == Lag(101, 50.0, 99.0, 100.0)


def test_a_run_without_any_sign_is_valid() -> None:
    assert SelfCheck(None, None, None).is_valid
    check = SelfCheck(FINE, FINE, 0.4)
    assert check.is_valid
    assert check.reasons == ()


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (SelfCheck(late(0.0123), FINE, 0.4), "requests went out 12 ms late (p99; limit 10 ms)"),
        (SelfCheck(None, always_late(0.02), 0.4), "its event loop was 20 ms late (p50; limit 10"),
        (SelfCheck(late(0.0104), FINE, 0.4), "went out 10.4 ms late (p99; limit 10 ms)"),
        (SelfCheck(None, FINE, 0.9042), "used 90.4 % of a core (limit 90 %)"),
        (SelfCheck(None, FINE, 0.97), "used 97 % of a core (limit 90 %); --workers shares"),
    ],
)
def test_each_sign_above_its_limit_is_a_sentence(check: SelfCheck, said: str) -> None:
    (reason,) = check.reasons
    assert said in reason
    assert not check.is_valid
    assert check.remarks == ()


def test_an_event_loop_that_was_late_now_and_then_is_a_remark_about_a_valid_run() -> None:
    check = SelfCheck(FINE, late(0.025), 0.4)
    assert check.is_valid
    assert check.remarks == (
        "the generator's event loop was up to 25 ms late (p99): smaller differences mean nothing",
    )


def test_a_limit_that_is_just_kept_is_kept() -> None:
    check = SelfCheck(late(0.010), late(0.010), 0.9)
    assert check.is_valid
    assert check.remarks == ()
    assert SelfCheck(None, Lag(100, 0.010, 0.010, 0.010), None).is_valid


def test_all_signs_together_are_as_many_sentences() -> None:
    assert len(SelfCheck(late(1.0), always_late(0.5), 1.0).reasons) == 3


def attempt(scheduled: float, sent: float, turn: int = 0) -> Attempt:
    return Attempt("cod-0001", Category.CODE, turn, scheduled, sent)


def test_the_lag_of_a_schedule_is_that_of_first_turns_that_waited_for_nothing_else() -> None:
    warm_up, cold = attempt(0.0, 5.0), attempt(0.0, 5.0)
    warm_up.is_warm_up = cold.is_cold = True
    attempts = [attempt(1.0, 1.25), attempt(2.0, 2.5), attempt(0.0, 5.0, turn=1), warm_up, cold]
    found = schedule_lag(attempts)
    assert found is not None
    assert (found.count, found.p50, found.maximum) == (2, 0.375, 0.5)


def test_a_check_of_several_processes_is_the_worst_of_each_sign() -> None:
    one = SelfCheck(Lag(10, 0.001, 0.002, 0.003), late(0.02), 0.5)
    other = SelfCheck(Lag(5, 0.002, 0.001, 0.009), None, 0.95)
    both = merged([one, other])
    assert both == SelfCheck(Lag(15, 0.002, 0.002, 0.009), late(0.02), 0.95)
    assert len(both.reasons) == 1
    assert "20 ms late" in both.remarks[0]
    assert merged([SelfCheck(None, None, None)]) == SelfCheck(None, None, None)


def test_processes_are_too_short_to_judge_where_all_are() -> None:
    short = SelfCheck(None, None, None, is_too_short=True)
    assert merged([short, short]).is_too_short
    assert not merged([short, SelfCheck(None, FINE, 0.4)]).is_too_short


async def test_the_share_of_a_core_is_that_of_the_time_it_was_watched() -> None:
    wall, cpu = Clock(), Clock()
    async with Watch(wall, cpu) as watch:
        wall.now, cpu.now = wall.now + 10.0, cpu.now + 2.5
        assert watch.check([], has_schedule=False).cpu_ratio == pytest.approx(0.25)
    wall.now += 90.0
    assert watch.check([], has_schedule=False).cpu_ratio == pytest.approx(0.25)


async def test_only_a_run_with_a_schedule_has_a_lag_of_it() -> None:
    async with Watch() as watch:
        attempts = [attempt(1.0, 1.25)]
        assert watch.check(attempts, has_schedule=False).schedule_lag is None
        assert watch.check(attempts, has_schedule=True).schedule_lag == Lag(1, 0.25, 0.25, 0.25)


async def test_a_run_of_less_than_a_second_is_judged_by_its_schedule_alone() -> None:
    wall, cpu = Clock(), Clock()
    async with Watch(wall, cpu) as watch:
        wall.now, cpu.now = wall.now + 0.9, cpu.now + 0.9
        check = watch.check([attempt(1.0, 1.25)], has_schedule=True)
        assert (check.loop_lag, check.cpu_ratio, check.is_too_short) == (None, None, True)
        assert len(check.reasons) == 1
        wall.now, cpu.now = wall.now + 0.1, cpu.now + 0.1
        check = watch.check([], has_schedule=False)
        assert check.cpu_ratio == pytest.approx(1.0)
        assert not check.is_too_short


async def test_an_event_loop_that_is_held_up_is_seen_to_be_late() -> None:
    wall = Clock()
    async with Watch(wall, Clock()) as watch:
        await asyncio.sleep(0)  # its first timer is set
        wall.now += 2.0
        await until(lambda: watch.check([], has_schedule=False).loop_lag is not None)
        found = watch.check([], has_schedule=False)
    assert found.loop_lag is not None
    assert found.loop_lag.maximum == pytest.approx(2.0 - LOOK_SECONDS)
    assert "its event loop was" in found.reasons[0]


async def test_a_watch_that_has_ended_looks_no_more() -> None:
    async with Watch():
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 2
    assert asyncio.all_tasks() == {asyncio.current_task()}
