"""A run, from the look at the server to its last answer."""

import asyncio
import io
import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.fakes.turn import Model
from tests.generators import Peer
from tests.unit.traffic.plan.test_trace import MODELS, two_models
from tests.unit.traffic.test_settings import settings
from traffic.bank.place import bank_of
from traffic.plan.plan import make_plan
from traffic.run.playing import Played, played
from traffic.settings import TrafficSettings
from traffic.target.check import TargetError

SMALL = Model(name="small:1b")


async def play(told: TrafficSettings) -> tuple[Played, str]:
    status = Console(file=io.StringIO(), width=80)
    found = await played(told, make_plan(bank_of(told), told), status)
    assert isinstance(status.file, io.StringIO)
    return found, status.file.getvalue()


async def test_what_became_of_a_run_is_all_there() -> None:
    async with ScriptedServer(FakeOllama(model=SMALL)) as server:
        told = settings(base_url=server.url, model="small:1b", questions=10, warm_up=1)
        found, shown = await play(told)
    assert sum(attempt.is_warm_up for attempt in found.attempts) == 1
    assert len({attempt.question_id for attempt in found.attempts}) == 11
    assert all(attempt.is_ok for attempt in found.attempts)
    assert all(attempt.scheduled >= found.started for attempt in found.attempts)
    assert found.seconds >= max(attempt.end or 0.0 for attempt in found.attempts) - found.started
    assert found.server["version"]
    assert "digest of small:1b" in found.server
    assert found.check is not None
    assert found.check.schedule_lag is None
    assert found.stopped_by is None
    first, *lines = shown.splitlines()
    assert first == f"asking small:1b at {told.base_url}"
    assert len(lines) == len(found.attempts)


async def test_a_schedule_is_checked_for_being_kept() -> None:
    async with ScriptedServer(FakeOllama(model=SMALL)) as server:
        told = settings(
            base_url=server.url, model="small:1b", arrival="burst", rate_per_second=10_000
        )
        found, _ = await play(told)
    assert found.check is not None
    assert found.check.schedule_lag is not None
    assert found.check.schedule_lag.count == 10


async def test_nobody_there_is_found_before_the_first_question(unused_tcp_port: int) -> None:
    with pytest.raises(TargetError, match="nothing answers"):
        await play(settings(base_url=f"http://127.0.0.1:{unused_tcp_port}"))


async def test_a_signal_leaves_what_was_done_and_says_so() -> None:
    peer = FakeOllama(model=SMALL, faults=Faults(hang_after=2))
    async with ScriptedServer(peer) as server:
        playing = asyncio.ensure_future(play(settings(base_url=server.url, model="small:1b")))
        while (await server.nth_call(len(server.calls) + 1)).target != "/api/chat":
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        found, _ = await asyncio.wait_for(playing, 60)
    for number in (signal.SIGINT, signal.SIGTERM):  # which the first of them had taken
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert found.stopped_by == 128 + signal.SIGTERM
    (attempt,) = found.attempts
    assert attempt.is_cancelled
    assert found.check is not None


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_replay_asks_the_models_of_its_trace_by_one_process_or_several(
    tmp_path: Path, workers: int
) -> None:
    peer = Peer(models=MODELS)
    async with ScriptedServer(peer.script) as server:
        told = settings(
            base_url=server.url, preset="replay", trace=two_models(tmp_path), workers=workers
        )
        found, _ = await play(told)
    asked = Counter(attempt.model for attempt in found.attempts if not attempt.is_warm_up)
    assert asked == dict.fromkeys(MODELS, 5)
    assert {json.loads(call.body)["model"] for call in peer.chats} == set(MODELS)
    assert {f"digest of {name}" for name in MODELS} <= set(found.server)


async def test_a_model_of_a_trace_that_is_not_there_is_found_before_the_first_question(
    tmp_path: Path,
) -> None:
    peer = Peer(models=MODELS[:1])
    async with ScriptedServer(peer.script) as server:
        told = settings(base_url=server.url, preset="replay", trace=two_models(tmp_path))
        with pytest.raises(TargetError, match=f"has no model {MODELS[1]}"):
            await play(told)
    assert peer.chats == []
