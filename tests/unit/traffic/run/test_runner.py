"""Loops keep their number or their schedule, and a conversation its order."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.clock import Clock
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.test_settings import settings
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import Message
from traffic.run.runner import LATE_AT_ONCE, play


@dataclass
class Plan:
    questions: tuple[PlannedQuestion, ...]

    def stream(self) -> Iterator[PlannedQuestion]:
        return iter(self.questions)


def plan(*questions: PlannedQuestion) -> Plan:
    return Plan(questions)


class Gate:
    """A client whose answers wait until they are let through."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, list[Message]]] = []
        self.open = asyncio.Semaphore(0)
        self.began = asyncio.Event()
        self.waiting = 0
        self.most_waiting = 0
        self.failures: dict[tuple[str, int], Failure] = {}
        self.cancelled: set[tuple[str, int]] = set()
        self.unloaded: list[str] = []
        self.can_unload = True

    async def unload(self, question: PlannedQuestion) -> bool:
        self.unloaded.append(question.question_id)
        return self.can_unload

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        self.asked.append((question.question_id, attempt.turn, list(messages)))
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        self.began.set()
        try:
            await self.open.acquire()
        except asyncio.CancelledError:
            attempt.is_cancelled = True
            raise
        finally:
            self.waiting -= 1
        attempt.failure = self.failures.get((question.question_id, attempt.turn))
        attempt.is_cancelled = (question.question_id, attempt.turn) in self.cancelled
        return f"reply {attempt.turn}"

    async def wait_until(self, asked: int) -> None:
        while len(self.asked) < asked:
            self.began.clear()
            await self.began.wait()


class Notes:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.attempts: list[Attempt] = []
        self.lost: list[str] = []
        self.changed = asyncio.Event()

    def asked(self, question: PlannedQuestion) -> None:
        self.seen.append((question.question_id, -1))

    def answered(self, attempt: Attempt) -> None:
        self.seen.append((attempt.question_id, attempt.turn))
        self.attempts.append(attempt)
        self.changed.set()

    def dropped(self, question: PlannedQuestion) -> None:
        self.lost.append(question.question_id)
        self.changed.set()

    async def wait_until(self, answered: int = 0, dropped: int = 0) -> None:
        while len(self.attempts) < answered or len(self.lost) < dropped:
            self.changed.clear()
            await self.changed.wait()


def let_through(gate: Gate, number: int) -> None:
    for _ in range(number):
        gate.open.release()


@pytest.mark.parametrize("concurrency", [1, 3, 99])
async def test_so_many_are_in_flight_and_each_question_is_asked_once(concurrency: int) -> None:
    gate, ids = Gate(), [f"cod-{number:04d}" for number in range(7)]
    let_through(gate, 7)
    asked = plan(*(question(question_id=name) for name in ids))
    await play(asked, gate, settings(concurrency=concurrency), Notes())
    assert [name for name, _, _ in gate.asked] == ids


async def test_the_next_question_waits_for_a_free_place() -> None:
    gate, notes = Gate(), Notes()
    asked = plan(*(question(question_id=f"cod-{number:04d}") for number in range(5)))
    async with asyncio.TaskGroup() as group:
        group.create_task(play(asked, gate, settings(concurrency=2), notes))
        for done in range(1, 6):
            gate.open.release()
            await notes.wait_until(done)
    assert gate.most_waiting == 2


async def test_a_later_turn_carries_the_replies_before_it() -> None:
    gate = Gate()
    let_through(gate, 2)
    await play(plan(question(turns=("one", "two"), system="s")), gate, settings(), Notes())
    assert gate.asked[1][2] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "reply 0"},
        {"role": "user", "content": "two"},
    ]


async def test_a_prefix_stands_before_the_first_turn_alone() -> None:
    gate = Gate()
    let_through(gate, 2)
    await play(plan(question(turns=("one", "two"), prefix="7 ")), gate, settings(), Notes())
    assert [message["content"] for message in gate.asked[1][2]] == ["7 one", "reply 0", "two"]


async def test_a_conversation_ends_at_a_failure_and_the_others_go_on() -> None:
    gate, notes = Gate(), Notes()
    gate.failures[("cod-0001", 0)] = Failure.BROKE_OFF
    let_through(gate, 3)
    talk = question(turns=("one", "two"))
    await play(plan(talk, question(question_id="cod-0002")), gate, settings(), notes)
    assert notes.seen == [("cod-0001", -1), ("cod-0001", 0), ("cod-0002", -1), ("cod-0002", 0)]


async def test_a_conversation_ends_where_an_answer_was_left() -> None:
    gate, notes = Gate(), Notes()
    gate.cancelled.add(("cod-0001", 0))
    let_through(gate, 3)
    await play(plan(question(turns=("one", "two"))), gate, settings(), notes)
    assert notes.seen == [("cod-0001", -1), ("cod-0001", 0)]


async def test_an_attempt_knows_its_question_s_route_and_place() -> None:
    gate, notes = Gate(), Notes()
    let_through(gate, 1)
    await play(plan(question(route="portkey", index=4)), gate, settings(), notes)
    (attempt,) = notes.attempts
    assert (attempt.route, attempt.index, attempt.is_warm_up) == ("portkey", 4, False)


async def test_warming_up_comes_first_and_alone() -> None:
    gate, notes = Gate(), Notes()
    asked = plan(
        *(question(question_id=f"war-000{number}", is_warm_up=True) for number in range(2)),
        *(question(question_id=f"cod-000{number}") for number in range(3)),
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(play(asked, gate, settings(concurrency=3), notes))
        for done in (1, 2):
            await gate.wait_until(done)
            assert gate.waiting == 1
            gate.open.release()
            await notes.wait_until(done)
        await gate.wait_until(5)
        assert gate.waiting == 3
        let_through(gate, 3)
    assert [attempt.is_warm_up for attempt in notes.attempts] == [True, True, False, False, False]


async def test_a_plan_of_warm_ups_alone_ends_with_them() -> None:
    gate, notes = Gate(), Notes()
    let_through(gate, 1)
    await play(plan(question(is_warm_up=True)), gate, settings(), notes)
    assert len(notes.attempts) == 1


class Timed:
    """A clock that is moved by whoever sleeps, and a client whose answers take their time."""

    def __init__(self, answer_seconds: float = 0.0, timer_seconds: float = 0.001) -> None:
        self.clock = Clock(now=100.0)
        self.answer_seconds = answer_seconds
        self.timer_seconds = timer_seconds
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """As coarse as an event loop's timer: to the next of its ticks."""
        self.naps.append(seconds)
        await asyncio.sleep(0)  # what is already due comes before time passes
        if seconds:
            ticks = -(-(self.clock.now + seconds) // self.timer_seconds)
            self.clock.now = max(self.clock.now, ticks * self.timer_seconds)
        self.clock.now += 0.00001

    async def unload(self, question: PlannedQuestion) -> bool:
        self.clock.now += 3.0
        return True

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        attempt.sent = self.clock.now
        self.clock.now += self.answer_seconds
        attempt.end = self.clock.now
        return "reply"


def at(*instants: float, **changes: object) -> Plan:
    return plan(
        *(
            question(question_id=f"cod-{number:04d}", at_seconds=instant, **changes)
            for number, instant in enumerate(instants)
        )
    )


async def test_questions_of_a_schedule_are_sent_at_their_instants() -> None:
    timed, notes = Timed(), Notes()
    instants = (0.0, 0.5, 0.5, 2.25, 2.2507)
    await play(at(*instants), timed, settings(), notes, timed.clock, timed.sleep)
    assert [attempt.scheduled - 100.0 for attempt in notes.attempts] == pytest.approx(instants)
    assert all(0.0 <= attempt.delay_seconds < 0.0011 for attempt in notes.attempts)


async def test_what_is_measured_can_begin_at_an_instant_that_others_share() -> None:
    for asked, due in ((at(0.0, 0.5), [105.0, 105.5]), (plan(question()), [105.0])):
        timed, notes = Timed(), Notes()
        await play(asked, timed, settings(), notes, timed.clock, timed.sleep, begins=105.0)
        assert [one.scheduled for one in notes.attempts] == pytest.approx(due, abs=0.00002)


async def test_the_last_bit_before_an_instant_is_waited_for_by_the_clock() -> None:
    timed, notes = Timed(), Notes()
    await play(at(1.00037), timed, settings(), notes, timed.clock, timed.sleep)
    (attempt,) = notes.attempts
    assert attempt.delay_seconds < 0.00002
    assert timed.naps[0] == pytest.approx(0.99937)
    assert timed.naps.count(0.0) <= 0.001 / 0.00001


async def test_a_schedule_does_not_wait_for_answers() -> None:
    gate, notes, timed = Gate(), Notes(), Timed()
    asked = at(0.0, 1.0, 2.0, 3.0)
    async with asyncio.TaskGroup() as group:
        group.create_task(play(asked, gate, settings(), notes, timed.clock, timed.sleep))
        await gate.wait_until(4)
        assert notes.attempts == []
        let_through(gate, 4)
    assert len(notes.attempts) == 4


async def test_what_is_due_while_too_many_are_in_flight_is_dropped_and_told() -> None:
    gate, notes, timed = Gate(), Notes(), Timed()
    told = settings(max_in_flight=2)
    asked = at(0.0, 1.0, 2.0, 3.0)
    async with asyncio.TaskGroup() as group:
        group.create_task(play(asked, gate, told, notes, timed.clock, timed.sleep))
        await notes.wait_until(dropped=2)
        let_through(gate, 2)
    assert [name for name, _, _ in gate.asked] == ["cod-0000", "cod-0001"]
    assert notes.lost == ["cod-0002", "cod-0003"]


async def test_a_schedule_that_is_late_hears_a_stop_at_once() -> None:
    gate, notes = Gate(), Notes()
    asked = at(*[0.0] * 20_000)
    playing = asyncio.ensure_future(play(asked, gate, settings(max_in_flight=2), notes))
    await gate.wait_until(1)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert len(notes.lost) < 100


async def test_a_schedule_that_is_late_begins_what_it_took_and_reads_its_answers() -> None:
    gate, notes = Gate(), Notes()
    let_through(gate, 1000)
    await play(at(*[0.0] * 1000), gate, settings(max_in_flight=LATE_AT_ONCE), notes)
    assert len(notes.attempts) == 1000
    assert notes.lost == []


async def test_a_place_that_is_free_again_is_taken() -> None:
    timed, notes = Timed(), Notes()
    told = settings(max_in_flight=1)
    await play(at(0.0, 1.0, 2.0), timed, told, notes, timed.clock, timed.sleep)
    assert len(notes.attempts) == 3
    assert notes.lost == []


async def test_the_turns_of_a_scheduled_conversation_follow_each_other() -> None:
    timed, notes = Timed(answer_seconds=5.0), Notes()
    asked = at(1.0, turns=("one", "two"))
    await play(asked, timed, settings(), notes, timed.clock, timed.sleep)
    first, second = notes.attempts
    assert first.scheduled == 101.0
    assert second.scheduled == first.end


async def test_no_question_starts_after_the_duration_and_those_in_flight_end() -> None:
    timed, notes = Timed(answer_seconds=4.0), Notes()
    asked = plan(*(question(question_id=f"cod-{number:04d}") for number in range(9)))
    await play(asked, timed, settings(duration_seconds=10.0), notes, timed.clock, timed.sleep)
    assert [attempt.scheduled for attempt in notes.attempts] == [100.0, 104.0, 108.0]
    assert notes.attempts[-1].end == 112.0


async def test_a_schedule_ends_at_the_duration() -> None:
    timed, notes = Timed(), Notes()
    told = settings(duration_seconds=2.0)
    await play(at(0.0, 1.0, 2.0, 3.0), timed, told, notes, timed.clock, timed.sleep)
    assert len(notes.attempts) == 2
    assert timed.clock.now < 102.0


async def test_the_duration_begins_after_warming_up() -> None:
    timed, notes = Timed(answer_seconds=60.0), Notes()
    warm_up, asked = question(is_warm_up=True), question(question_id="cod-0002")
    told = settings(duration_seconds=1.0)
    await play(plan(warm_up, asked), timed, told, notes, timed.clock, timed.sleep)
    assert [attempt.is_warm_up for attempt in notes.attempts] == [True, False]


async def test_a_plan_without_end_is_played_until_its_time_is_up() -> None:
    class Endless:
        def stream(self) -> Iterator[PlannedQuestion]:
            return (question(question_id=f"cod-{number:04d}") for number in count())

    timed, notes = Timed(answer_seconds=1.0), Notes()
    told = settings(duration_seconds=50.0)
    await play(Endless(), timed, told, notes, timed.clock, timed.sleep)
    assert len(notes.attempts) == 50


async def test_what_unloading_takes_is_not_in_the_measured_time() -> None:
    timed, notes = Timed(), Notes()
    asked = at(1.0, unload_first=True, turns=("one", "two"))
    await play(asked, timed, settings(), notes, timed.clock, timed.sleep)
    first, second = notes.attempts
    assert first.scheduled == first.sent == pytest.approx(104.0, abs=0.001)
    assert (first.is_cold, second.is_cold) == (True, False)


async def test_a_model_that_was_not_unloaded_is_not_called_cold() -> None:
    gate, notes = Gate(), Notes()
    gate.can_unload = False
    let_through(gate, 2)
    cold = question(question_id="cod-0002", unload_first=True)
    await play(plan(question(), cold), gate, settings(), notes)
    assert gate.unloaded == ["cod-0002"]
    assert [attempt.is_cold for attempt in notes.attempts] == [False, False]


@pytest.mark.parametrize("instant", [None, 0.0], ids=["closed", "open"])
async def test_a_run_that_is_stopped_tells_what_was_in_flight_and_asks_no_more(
    instant: float | None,
) -> None:
    gate, notes = Gate(), Notes()
    asked = plan(
        *(question(question_id=f"cod-{number:04d}", at_seconds=instant) for number in range(2)),
        question(
            question_id="cod-0009",
            at_seconds=None if instant is None else 3600.0,
            turns=("one", "two"),
        ),
    )
    playing = asyncio.ensure_future(play(asked, gate, settings(concurrency=2), notes))
    await gate.wait_until(2)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert sorted(attempt.question_id for attempt in notes.attempts) == ["cod-0000", "cod-0001"]
    assert all(attempt.is_cancelled for attempt in notes.attempts)
    assert gate.waiting == 0


async def test_a_run_that_is_stopped_while_it_warms_up_tells_that_too() -> None:
    gate, notes = Gate(), Notes()
    asked = plan(question(is_warm_up=True), question(question_id="cod-0002"))
    playing = asyncio.ensure_future(play(asked, gate, settings(), notes))
    await gate.wait_until(1)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    (attempt,) = notes.attempts
    assert attempt.is_warm_up and attempt.is_cancelled
