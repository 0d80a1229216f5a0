"""A run takes another rate in its stride, and stops without breaking what it began."""

import asyncio
from typing import Any

import pytest

from tests.clock import Clock
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.run.test_runner import Gate, Notes, let_through
from tests.unit.traffic.test_settings import settings
from traffic.plan.plan import Plan
from traffic.plan.planned import PlannedQuestion
from traffic.worker.playback import Parts


def parts(gate: Gate, notes: Notes, *questions: PlannedQuestion, **told: Any) -> Parts:
    chosen = settings(**({"arrival": "constant", "rate_per_second": 1.0} | told))
    return Parts(Plan("demo", 1, questions), chosen, gate, notes)


def due(*instants: float) -> list[PlannedQuestion]:
    return [question(question_id=f"cod-{n:04d}", at_seconds=at) for n, at in enumerate(instants, 1)]


async def test_a_faster_rate_asks_at_once_what_was_an_hour_away_and_nothing_twice() -> None:
    gate, notes = Gate(), Notes()
    let_through(gate, 3)
    run = parts(gate, notes, *due(0.0, 3600.0, 3601.0))
    playing = asyncio.ensure_future(run.run())
    async with asyncio.timeout(10):
        await notes.wait_until(1)
        run.change_rate(1e6)
        await playing
    assert [one.question_id for one in notes.attempts] == ["cod-0001", "cod-0002", "cod-0003"]
    assert run.settings.rate_per_second == 1e6


async def test_a_conversation_outlives_a_change_of_rate() -> None:
    gate, notes = Gate(), Notes()
    talk = question(turns=("One?", "Two?"), at_seconds=0.0)
    run = parts(gate, notes, talk, *due(3600.0))
    playing = asyncio.ensure_future(run.run())
    async with asyncio.timeout(10):
        await gate.wait_until(1)
        run.change_rate(1e6)
        let_through(gate, 3)
        await playing
    assert sorted((len(one.question_id), one.turn) for one in notes.attempts) == [
        (8, 0),
        (8, 0),
        (8, 1),
    ]
    assert all(one.is_ok for one in notes.attempts)


async def test_a_change_during_the_warm_up_is_in_the_schedule_that_follows() -> None:
    gate, notes = Gate(), Notes()
    warm = question(is_warm_up=True, index=-1)
    plan = Plan("demo", 1, tuple(due(0.0, 3600.0)), warm_up=(warm,))
    run = Parts(plan, settings(arrival="constant"), gate, notes)
    playing = asyncio.ensure_future(run.run())
    async with asyncio.timeout(10):
        await gate.wait_until(1)
        run.change_rate(1e6)
        let_through(gate, 3)
        await playing
    assert [one.is_warm_up for one in notes.attempts] == [True, False, False]


async def test_a_stop_lets_requests_end_and_asks_nothing_more() -> None:
    gate, notes = Gate(), Notes()
    run = parts(gate, notes, *due(0.0, 3600.0))
    playing = asyncio.ensure_future(run.run())
    async with asyncio.timeout(10):
        await gate.wait_until(1)
        stopping = asyncio.ensure_future(run.stop(5.0))
        await asyncio.sleep(0)
        let_through(gate, 1)
        await stopping
        await playing
    assert run.is_stopped
    assert [(one.question_id, one.is_ok) for one in notes.attempts] == [("cod-0001", True)]


@pytest.mark.parametrize("arrival", ["constant", "closed"])
async def test_a_stop_leaves_what_takes_too_long(arrival: str) -> None:
    gate, notes = Gate(), Notes()
    asked = due(0.0, 0.0) if arrival == "constant" else [question(), question()]
    run = parts(gate, notes, *asked, arrival=arrival, concurrency=2)
    playing = asyncio.ensure_future(run.run())
    async with asyncio.timeout(10):
        await gate.wait_until(2)
        await run.stop(0.01)
        await playing
    assert [one.is_cancelled for one in notes.attempts] == [True, True]


async def test_a_cancelled_run_leaves_nothing_behind() -> None:
    gate, notes = Gate(), Notes()
    run = parts(gate, notes, *due(0.0))
    playing = asyncio.ensure_future(run.run())
    await gate.wait_until(1)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert [one.is_cancelled for one in notes.attempts] == [True]


async def test_the_duration_is_that_of_the_whole_run() -> None:
    gate, notes, clock = Gate(), Notes(), Clock()
    let_through(gate, 5)
    plan = Plan("demo", 1, tuple(due(0.0, 50.0, 5000.0)))
    told = settings(arrival="constant", rate_per_second=1.0, duration_seconds=60.0)
    run = Parts(plan, told, gate, notes, clock)
    playing = asyncio.ensure_future(run.run())
    async with asyncio.timeout(10):
        await notes.wait_until(1)
        clock.now += 59.0
        run.change_rate(10.0)  # the last one would be due in 494 seconds, and one is left
        await playing
    assert [one.question_id for one in notes.attempts] == ["cod-0001", "cod-0002"]


class Broken(Gate):
    async def ask(self, *_: Any) -> str:
        raise RuntimeError("a defect")


async def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ExceptionGroup, match="unhandled"):
        await parts(Broken(), Notes(), *due(0.0)).run()
