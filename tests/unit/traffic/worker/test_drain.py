"""A request that has begun ends, whoever cancels its run, unless it is left on purpose."""

import asyncio

import pytest

from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.run.test_runner import Gate, Notes, let_through, plan
from tests.unit.traffic.test_settings import settings
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import Message
from traffic.run.runner import play
from traffic.worker.drain import Gentle

TALK = question(turns=("One?", "Two?"), at_seconds=0.0)


async def begun(gate: Gate, gentle: Gentle, notes: Notes) -> "asyncio.Task[None]":
    playing = asyncio.ensure_future(play(plan(TALK), gentle, settings(arrival="constant"), notes))
    await gate.wait_until(1)
    playing.cancel()
    return playing


async def test_a_cancelled_run_lets_its_request_end_and_asks_nothing_after_it() -> None:
    gate, notes = Gate(), Notes()
    playing = await begun(gate, Gentle(gate), notes)
    let_through(gate, 1)
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert [(one.turn, one.is_ok) for one in notes.attempts] == [(0, True)]


async def test_a_conversation_can_go_on() -> None:
    gate, notes = Gate(), Notes()
    gentle = Gentle(gate)
    gentle.goes_on = True
    playing = await begun(gate, gentle, notes)
    let_through(gate, 2)
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert [(one.turn, one.is_ok) for one in notes.attempts] == [(0, True), (1, True)]


async def test_what_takes_too_long_is_left() -> None:
    gate, notes = Gate(), Notes()
    gentle = Gentle(gate)
    playing = await begun(gate, gentle, notes)
    gentle.leave()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert [(one.turn, one.is_cancelled) for one in notes.attempts] == [(0, True)]


async def test_unloading_is_handed_on() -> None:
    gate = Gate()
    assert await Gentle(gate).unload(question())
    assert gate.unloaded == ["cod-0001"]


class Gone:
    """Nobody is there."""

    async def unload(self, question: PlannedQuestion) -> bool:
        return False

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        attempt.failure = Failure.UNREACHABLE
        return ""


async def test_a_server_that_is_gone_is_not_asked_again_at_once() -> None:
    loop = asyncio.get_running_loop()
    attempt = Attempt("cod-0001", question().category, 0, scheduled=0.0, sent=0.0)
    before = loop.time()
    await Gentle(Gone(), pause_seconds=0.05).ask(attempt, question(), [])
    assert loop.time() - before >= 0.049
    attempt.failure = None
