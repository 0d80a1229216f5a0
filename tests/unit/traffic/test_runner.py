"""The closed loop keeps its number in flight, and a conversation its order."""

import asyncio

import pytest

from tests.unit.traffic.test_protocol import question
from traffic.attempt import Attempt, Failure
from traffic.client import Reply
from traffic.plan import Plan, PlannedQuestion
from traffic.protocol import Message
from traffic.runner import play


class Gate:
    """A client whose answers wait until they are let through."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, list[Message]]] = []
        self.open = asyncio.Semaphore(0)
        self.waiting = 0
        self.most_waiting = 0
        self.failures: dict[tuple[str, int], Failure] = {}

    async def ask(
        self, question: PlannedQuestion, turn: int, messages: list[Message], scheduled: float
    ) -> Reply:
        self.asked.append((question.question_id, turn, list(messages)))
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        await self.open.acquire()
        self.waiting -= 1
        attempt = Attempt(question.question_id, question.category, turn, scheduled, scheduled)
        attempt.failure = self.failures.get((question.question_id, turn))
        return Reply(attempt, f"reply {turn}")


class Notes:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.changed = asyncio.Event()

    def asked(self, question: PlannedQuestion) -> None:
        self.seen.append((question.question_id, -1))

    def answered(self, attempt: Attempt) -> None:
        self.seen.append((attempt.question_id, attempt.turn))
        self.changed.set()

    async def wait_until(self, answered: int) -> None:
        while sum(turn >= 0 for _, turn in self.seen) < answered:
            self.changed.clear()
            await self.changed.wait()


def plan(*questions: PlannedQuestion) -> Plan:
    return Plan("quick", 1, questions)


def let_through(gate: Gate, number: int) -> None:
    for _ in range(number):
        gate.open.release()


@pytest.mark.parametrize("concurrency", [1, 3, 99])
async def test_so_many_are_in_flight_and_each_question_is_asked_once(concurrency: int) -> None:
    gate, ids = Gate(), [f"cod-{number:04d}" for number in range(7)]
    let_through(gate, 7)
    asked = plan(*(question(question_id=name) for name in ids))
    await play(asked, gate, concurrency, Notes())
    assert [name for name, _, _ in gate.asked] == ids


async def test_the_next_question_waits_for_a_free_place() -> None:
    gate, notes = Gate(), Notes()
    asked = plan(*(question(question_id=f"cod-{number:04d}") for number in range(5)))
    async with asyncio.TaskGroup() as group:
        group.create_task(play(asked, gate, 2, notes))
        for done in range(1, 6):
            gate.open.release()
            await notes.wait_until(done)
    assert gate.most_waiting == 2


async def test_a_later_turn_carries_the_replies_before_it() -> None:
    gate = Gate()
    let_through(gate, 2)
    await play(plan(question(turns=("one", "two"), system="s")), gate, 1, Notes())
    assert gate.asked[1][2] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "reply 0"},
        {"role": "user", "content": "two"},
    ]


async def test_a_conversation_ends_at_a_failure_and_the_others_go_on() -> None:
    gate, notes = Gate(), Notes()
    gate.failures[("cod-0001", 0)] = Failure.BROKE_OFF
    let_through(gate, 3)
    talk = question(turns=("one", "two"))
    await play(plan(talk, question(question_id="cod-0002")), gate, 1, notes)
    assert notes.seen == [("cod-0001", -1), ("cod-0001", 0), ("cod-0002", -1), ("cod-0002", 0)]
