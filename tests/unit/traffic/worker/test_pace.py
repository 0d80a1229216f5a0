"""A plan goes faster or slower while it is asked, and loses none of its questions."""

from itertools import islice

import pytest

from tests.clock import Clock
from tests.unit.traffic.request.test_protocol import question
from traffic.plan.planned import PlannedQuestion
from traffic.worker.pace import Pace


def every_second(count: int = 10) -> list[PlannedQuestion]:
    return [question(question_id=f"cod-{n:04d}", at_seconds=float(n)) for n in range(count)]


def instants(questions: list[PlannedQuestion]) -> list[float | None]:
    return [one.at_seconds for one in questions]


def test_without_a_change_the_plan_is_as_it_was() -> None:
    plan = every_second()
    pace = Pace(iter(plan), Clock())
    assert list(pace.stream()) == plan


def test_after_a_change_the_rest_comes_from_now_on_at_the_new_pace() -> None:
    clock = Clock()
    pace = Pace(iter(every_second()), clock)
    first = list(islice(pace.stream(), 3))  # the third is waited for
    clock.now += 1.5
    pace.change(2.0)
    assert instants(first) == [0, 1, 2]
    rest = list(pace.stream())
    assert [one.question_id for one in rest] == [f"cod-{n:04d}" for n in range(2, 10)]
    assert instants(rest) == [(n - 1.5) / 2 for n in range(2, 10)]


def test_changes_follow_each_other() -> None:
    clock = Clock()
    pace = Pace(iter(every_second()), clock)
    next(pace.stream())
    clock.now += 1.0
    pace.change(4.0)
    clock.now += 1.0  # four more seconds of the plan
    pace.change(0.5)
    left = list(pace.stream())
    assert instants(left)[-1] == pytest.approx((9 - 5) / 0.5)
    assert instants(left)[0] == 0.0  # what is overdue is due at once


def test_the_schedule_begins_after_the_warm_up() -> None:
    clock = Clock()
    warm = question(question_id="fac-0001", is_warm_up=True, index=-1)
    pace = Pace(iter([warm, *every_second(2)]), clock)
    stream = pace.stream()
    assert next(stream) == warm
    assert pace.begun is None
    clock.now += 5.0
    pace.change(2.0)
    assert instants(list(stream)) == [0.0, 0.5]
    assert pace.begun == clock.now


def test_questions_without_instants_are_handed_on() -> None:
    plan = [question(), question()]
    assert list(Pace(iter(plan)).stream()) == plan
