"""A share is asked in its order and at its instants, and what was seen is told once."""

from collections.abc import Callable
from contextlib import nullcontext
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from ollama_observe.wire.usage import Usage
from tests.clock import Clock
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.test_settings import settings
from traffic.plan.plan import Endless, Plan
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.run.command import Prepared
from traffic.run.keeping import LIMITS, Limits
from traffic.sharding.swarm import Swarm


class World:
    """A swarm whose users answer at once, by a clock that only its sleeping moves."""

    def __init__(
        self,
        *questions: PlannedQuestion,
        warm_up: int = 0,
        endless: Endless | None = None,
        limits: Limits = LIMITS,
        **told: Any,
    ) -> None:
        warm = tuple(question(question_id="fac-0001", is_warm_up=True) for _ in range(warm_up))
        plan = Plan("demo", 1, questions, warm_up=warm, endless=endless, models=("m:1b",))
        self.clock = Clock()
        self.failure: Failure | None = None
        self.asked: list[tuple[str, float]] = []
        self.shown: list[Attempt] = []
        prepared = Prepared(settings(**told), plan, None)
        self.swarm = Swarm(prepared, self._sleep, nullcontext(), self.clock, limits)
        self.meanwhile: Callable[[], object] = lambda: None

    def _sleep(self, seconds: float) -> None:
        self.clock.now += seconds

    def converse(self, asked: PlannedQuestion, scheduled: float, tell: Any) -> None:
        self.asked.append((asked.question_id, scheduled))
        attempt = Attempt(
            asked.question_id,
            asked.category,
            0,
            scheduled,
            sent=scheduled,
            status=200,
            end=scheduled + 1,
            model="m:1b",
            usage=Usage(prompt_tokens=2, generated_tokens=3),
            is_warm_up=asked.is_warm_up,
            index=asked.index,
            failure=self.failure,
            detail="oh" if self.failure else "",
        )
        self.meanwhile()
        tell(attempt)

    def ask_all(self) -> None:
        while self.swarm.ask_next(self.converse, self.shown.append):
            pass


def some(count: int, every: float | None = None) -> list[PlannedQuestion]:
    return [
        question(
            question_id=f"cod-{n:04d}", index=n, at_seconds=None if every is None else n * every
        )
        for n in range(count)
    ]


def test_the_warm_up_comes_first_and_is_not_shown() -> None:
    it = World(*some(2), warm_up=2)
    it.ask_all()
    assert [name for name, _ in it.asked] == ["fac-0001", "fac-0001", "cod-0000", "cod-0001"]
    assert [one.question_id for one in it.shown] == ["cod-0000", "cod-0001"]


def test_a_question_is_asked_at_its_instant() -> None:
    it = World(*some(3, every=2.0), arrival="constant")
    it.ask_all()
    assert [at for _, at in it.asked] == [0.0, 2.0, 4.0]


def test_nothing_begins_after_the_time_of_the_run() -> None:
    it = World(*some(9, every=2.0), arrival="constant", duration_seconds=5.0)
    it.ask_all()
    assert [at for _, at in it.asked] == [0.0, 2.0, 4.0]


def test_shares_are_together_the_plan() -> None:
    it = World(*some(5))
    names: list[str] = []
    for index in range(2):
        it.swarm.begin(index, 2)
        it.asked.clear()
        it.ask_all()
        names += [name for name, _ in it.asked]
    assert sorted(names) == [f"cod-{n:04d}" for n in range(5)]


def test_what_was_seen_is_told_once_and_heard_by_another_with_its_words() -> None:
    worker, master = World(*some(2)), World()
    worker.failure = Failure.TIMEOUT
    worker.ask_all()
    master.swarm.hear(worker.swarm.tell())
    master.swarm.hear(worker.swarm.tell())
    heard = master.swarm.played.attempts
    assert [(one.question_id, one.failure, one.detail) for one in heard] == [
        ("cod-0000", Failure.TIMEOUT, "oh"),
        ("cod-0001", Failure.TIMEOUT, "oh"),
    ]
    assert heard[0].scheduled == 0.0  # by the clock of its process


def test_what_ends_after_something_was_told_is_told_the_next_time() -> None:
    it = World(*some(1), warm_up=1)
    it.meanwhile = lambda: it.swarm.hear(it.swarm.tell())
    it.ask_all()
    it.swarm.hear(it.swarm.tell())
    assert [one.is_warm_up for one in it.swarm.played.attempts] == [True, False]


def test_of_a_plan_without_an_end_only_the_last_records_are_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    endless = Endless("", lambda: iter(some(30)))
    it = World(endless=endless, limits=Limits(requests=4))
    it.ask_all()
    assert it.swarm.conclude(Console(file=StringIO())) == 0
    assert [one.index for one in it.swarm.played.attempts] == [26, 27, 28, 29]
    assert "30 ok, 0 failed" in capsys.readouterr().out


@pytest.mark.parametrize(("failure", "code"), [(None, 0), (Failure.TIMEOUT, 1)])
def test_the_end_is_judged_as_any_run_is(
    failure: Failure | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    it = World(*some(3))
    it.failure = failure
    it.ask_all()
    assert it.swarm.conclude(Console(file=StringIO())) == code
    out = capsys.readouterr().out
    assert ("3 ok, 0 failed" if failure is None else "0 ok, 3 failed") in out


def test_a_schedule_that_was_not_kept_makes_the_run_invalid() -> None:
    it = World(*some(3, every=0.0), arrival="constant")

    def late(asked: PlannedQuestion, scheduled: float, tell: Any) -> None:
        it.clock.now += 1.0
        now = it.swarm.now()
        tell(
            Attempt(
                asked.question_id,
                asked.category,
                0,
                scheduled,
                sent=now,
                status=200,
                end=now,
                index=asked.index,
            )
        )

    while it.swarm.ask_next(late, it.shown.append):
        pass
    assert it.swarm.conclude(Console(file=StringIO())) == 2


@pytest.mark.parametrize(("is_over", "code"), [(False, 130), (True, 0)])
def test_a_signal_is_the_exit_code_unless_all_was_asked_before_it(is_over: bool, code: int) -> None:
    it = World(*some(3))
    it.ask_all()
    it.swarm.is_over = is_over
    assert it.swarm.conclude(Console(file=StringIO()), stopped_by=130) == code


def test_nothing_asked_is_no_result() -> None:
    said = StringIO()
    assert World(*some(1)).swarm.conclude(Console(file=said)) == 2
    assert "nothing was measured" in said.getvalue()
