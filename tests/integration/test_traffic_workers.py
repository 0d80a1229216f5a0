"""`--workers`: several processes are one run, begin together, and leave nobody behind."""

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.fakes.server import ScriptedServer
from tests.generators import (
    GENERATED_TOKENS,
    PROMPT_TOKENS,
    Peer,
    came_to,
    finish,
    run,
    start,
    until_holding,
)
from tests.unit.traffic.test_settings import settings
from traffic.bank.place import bank_of
from traffic.plan.plan import make_plan
from traffic.results.results import Result, load
from traffic.sharding.crew import STOP_SECONDS

pytestmark = pytest.mark.long

WORKERS = 3
SHARED = ("--workers", str(WORKERS), "--concurrency", "6", "--preset", "demo")
ENDED_SECONDS = 15


def only(folder: Path) -> Result:
    (found,) = folder.iterdir()
    return load(found)


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


async def end_of(processes: list[psutil.Process]) -> None:
    """Wait until none of these is there any more."""
    async with asyncio.timeout(ENDED_SECONDS):
        while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            await asyncio.sleep(0.02)


async def test_together_they_ask_the_plan_and_their_records_are_exact(tmp_path: Path) -> None:
    peer = Peer()
    code, out, err = await run(peer, *SHARED, "--results-directory", str(tmp_path))
    assert code == 0, err
    plan = make_plan(bank_of(settings()), settings(preset="demo"))
    kept = only(tmp_path)
    assert kept.plan.sha256 == plan.sha256
    expected = Counter((one.index, one.question_id) for one in plan.stream() for _ in one.turns)
    assert Counter((record.index, record.question_id) for record in kept.records) == expected
    measured = plan.requests or 0
    assert len(peer.chats) == measured + sum(len(one.turns) for one in plan.warm_up)
    assert f"{measured} ok, 0 failed" in out
    assert f"{PROMPT_TOKENS * measured} prompt, {GENERATED_TOKENS * measured} generated" in out
    # beside the line that says who is asked
    assert len(err.splitlines()) == 1 + len(peer.chats)


async def test_the_questions_that_are_sent_are_those_of_one_process() -> None:
    alone, shared = Peer(), Peer()
    await run(alone, "--preset", "demo")
    await run(shared, *SHARED)
    bodies = [
        Counter(json.dumps(json.loads(call.body), sort_keys=True) for call in peer.chats)
        for peer in (alone, shared)
    ]
    assert bodies[0] == bodies[1]


async def test_they_have_one_schedule_from_one_instant(tmp_path: Path) -> None:
    flags = ("--arrival", "constant", "--rate-per-second", "100", "--results-directory")
    code, out, err = await run(Peer(), *SHARED, *flags, str(tmp_path))
    assert came_to(0, code, out), err
    firsts = {record.index: record for record in only(tmp_path).records if not record.turn}
    begins = min(one.scheduled_seconds for index, one in firsts.items() if index >= 0)
    plan = make_plan(
        bank_of(settings()),
        settings(preset="demo", arrival="constant", rate_per_second=100),
    )
    first_at = plan.questions[0].at_seconds or 0.0
    for question in plan.questions:
        due = begins + (question.at_seconds or 0.0) - first_at
        assert firsts[question.index].scheduled_seconds == pytest.approx(due, abs=2e-6)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_signal_ends_all_of_them_with_one_report(
    tmp_path: Path, number: signal.Signals
) -> None:
    peer = Peer(held_from=20)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, *SHARED, "--results-directory", str(tmp_path))
        await until_holding(peer, process)
        found = children(process.pid)
        assert len(found) == WORKERS
        process.send_signal(number)
        code, out, err = await finish(process)
        await end_of(found)
    assert code == 128 + number
    assert "cancelled" in out
    assert "Traceback" not in err
    kept = only(tmp_path)
    assert kept.summary.ok + kept.summary.cancelled == len(peer.chats) - kept.summary.warm_up


async def test_a_terminals_ctrl_c_reaches_the_first_process_alone_and_ends_all() -> None:
    """A terminal sends it to the whole process group."""
    peer = Peer(held_from=20)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, *SHARED)
        await until_holding(peer, process)
        found = children(process.pid)
        assert {os.getpgid(one.pid) for one in found}.isdisjoint({os.getpgid(process.pid)})
        process.send_signal(signal.SIGINT)
        code, _, err = await finish(process)
        await end_of(found)
    assert code == 130
    assert "Traceback" not in err


async def test_a_worker_that_dies_is_a_failure_and_the_others_go_on(tmp_path: Path) -> None:
    peer = Peer(held_from=12)  # a share has more questions: none can have ended by then
    flags = ("--request-timeout-seconds", "5", "--results-directory", str(tmp_path))
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, *SHARED, *flags)
        await until_holding(peer, process)
        found = children(process.pid)
        assert len(found) == WORKERS
        found[0].kill()
        for call in peer.chats[11:]:
            call.reset()
        peer.held_from = None
        code, out, err = await finish(process)
        await end_of(found)
    assert code == 1
    assert "was ended by a signal: Killed; its other questions have no answer" in err
    assert "not finished or not sent" in out
    assert "Traceback" not in err
    kept = only(tmp_path)
    assert kept.summary.unasked
    assert "INCOMPLETE" in out
    assert any("Killed" in death for death in kept.lost)


async def test_when_the_first_process_dies_the_others_end() -> None:
    peer = Peer(held_from=20)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, *SHARED)
        await until_holding(peer, process)
        found = children(process.pid)
        process.kill()
        await process.communicate()
        await end_of(found)
    assert len(found) == WORKERS


async def test_a_second_ctrl_c_does_not_wait_and_leaves_nobody_either() -> None:
    peer = Peer(held_from=20)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, *SHARED)
        await until_holding(peer, process)
        found = children(process.pid)
        for one in found:
            one.suspend()  # none of them can answer the first
        try:
            async with asyncio.timeout(STOP_SECONDS / 2):
                while process.returncode is None:
                    process.send_signal(signal.SIGINT)
                    await asyncio.sleep(0.1)
        finally:
            for one in found:
                one.resume()
        code, out, err = await finish(process)
        await end_of(found)
    assert (code, out) == (130, "")
    assert "Traceback" not in err


async def test_an_endless_plan_is_shared_as_well() -> None:
    peer = Peer(held_from=100)
    async with ScriptedServer(peer.script) as server:
        process = await start(server.url, *SHARED, "--preset", "continuous")
        await until_holding(peer, process)
        process.send_signal(signal.SIGINT)
        code, out, err = await finish(process)
    assert code == 130, err
    assert "0 failed" in out
    assert "Traceback" not in err
