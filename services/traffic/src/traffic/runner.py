"""The closed loop: a fixed number of questions in flight, the next as one ends."""

import asyncio
import time
from collections.abc import Iterator
from typing import Protocol

from traffic.attempt import Attempt
from traffic.client import Reply
from traffic.plan import Plan, PlannedQuestion
from traffic.protocol import Message, opening


class Asker(Protocol):
    """What the runner needs of a client."""

    async def ask(
        self, question: PlannedQuestion, turn: int, messages: list[Message], scheduled: float
    ) -> Reply:
        """Send one turn; return what was seen of it."""


class Observer(Protocol):
    """Told what happens, as it happens."""

    def asked(self, question: PlannedQuestion) -> None:
        """A request of this question is about to be sent."""

    def answered(self, attempt: Attempt) -> None:
        """A request has ended, well or not."""


async def play(plan: Plan, client: Asker, concurrency: int, observer: Observer) -> None:
    """Ask every question of the plan, `concurrency` of them at once."""
    waiting = iter(plan.questions)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(plan.questions))):
            group.create_task(_work(waiting, client, observer))


async def _work(waiting: Iterator[PlannedQuestion], client: Asker, observer: Observer) -> None:
    for question in waiting:
        await _converse(question, client, observer)


async def _converse(question: PlannedQuestion, client: Asker, observer: Observer) -> None:
    """Ask each turn with the conversation so far; stop at a failure, which has no reply."""
    messages = opening(question)
    for turn, text in enumerate(question.turns):
        messages.append({"role": "user", "content": text})
        observer.asked(question)
        reply = await client.ask(question, turn, messages, scheduled=time.perf_counter())
        observer.answered(reply.attempt)
        if not reply.attempt.is_ok:
            return
        messages.append({"role": "assistant", "content": reply.text})
