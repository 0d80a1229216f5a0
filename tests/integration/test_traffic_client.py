"""The generator's client and runner against a real engine, and against the real proxy."""

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.engines import MODEL, RunningEngine, running_engine
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.servers import RunningProxy, running_proxy
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.run.test_runner import Notes, plan
from tests.unit.traffic.test_settings import settings
from traffic.choices import Api
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt
from traffic.request.client import Client, open_http
from traffic.run.runner import play
from traffic.settings import TrafficSettings
from traffic.target.unloading import loaded_models

APIS: tuple[Api, ...] = ("native", "openai", "anthropic")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


async def played(told: TrafficSettings, *questions: PlannedQuestion) -> list[Attempt]:
    notes = Notes()
    async with open_http(told) as http, asyncio.timeout(100):
        await play(plan(*questions), Client(http, told), told, notes)
    return notes.attempts


def told(url: str, **values: Any) -> TrafficSettings:
    return settings(base_url=url, model=MODEL, **values)


async def test_a_real_model_counts_the_same_by_both_of_its_apis(engine: RunningEngine) -> None:
    talk = question(system="Be brief.", turns=("Why?", "And why that?"), max_tokens=8)
    apis: tuple[Api, ...] = ("native", "openai")
    found = {api: await played(told(engine.url, api=api), talk) for api in apis}
    for attempts in found.values():
        assert [attempt.error for attempt in attempts] == [None, None]
        assert all(attempt.chunks == len(attempt.gaps_seconds) + 1 for attempt in attempts)
        assert all(sum(attempt.gaps_seconds) > 0 for attempt in attempts)
    native, openai = ([attempt.usage for attempt in attempts] for attempts in found.values())
    for one, other in zip(native, openai, strict=True):
        assert one is not None and other is not None
        assert one.prompt_tokens == other.prompt_tokens
        assert one.generated_tokens == other.generated_tokens == 8


async def test_an_engine_without_the_anthropic_api_says_so(engine: RunningEngine) -> None:
    (attempt,) = await played(told(engine.url, api="anthropic"), question())
    assert attempt.error == "http_501"
    assert "cannot speak the Anthropic API" in attempt.detail


async def test_a_model_that_was_unloaded_is_loaded_again_for_the_question(
    engine: RunningEngine,
) -> None:
    warm_up = question(is_warm_up=True, max_tokens=4)
    warm, cold = question(max_tokens=4), question(max_tokens=4, unload_first=True)
    attempts = await played(told(engine.url), warm_up, warm, cold, warm)
    assert [attempt.is_cold for attempt in attempts] == [False, False, True, False]
    loads = [attempt.usage.load_seconds for attempt in attempts if attempt.usage is not None]
    assert all(seconds is not None for seconds in loads)
    _, warm_load, cold_load, again = (seconds or 0.0 for seconds in loads)
    assert cold_load > 5 * max(warm_load, again)
    async with aiohttp.ClientSession() as http:
        assert await loaded_models(http, engine.url) == {MODEL}


async def in_front(proxy: RunningProxy, api: Api) -> tuple[list[Attempt], int]:
    """Half of forty answers are left after three pieces; what they are, and how many."""
    left = [number % 2 == 0 for number in range(40)]
    questions = [
        question(
            question_id=f"cod-{number:04d}",
            at_seconds=number * 0.01,
            cancel_after_chunks=3 if is_left else None,
        )
        for number, is_left in enumerate(left)
    ]
    model = FakeOllama().model.name
    chosen = settings(base_url=proxy.url, model=model, api=api, arrival="constant")
    return await played(chosen, *questions), sum(left)


@pytest.mark.parametrize("api", APIS)
async def test_the_proxy_counts_what_was_left_as_what_it_was(api: Api) -> None:
    fake = FakeOllama(faults=Faults(tokens_per_second=50))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        attempts, left = await in_front(proxy, api)
        assert [attempt.error for attempt in attempts if attempt.error] == []
        assert sum(attempt.is_cancelled for attempt in attempts) == left
        assert all(attempt.chunks == 3 for attempt in attempts if attempt.is_cancelled)

        async def aborts() -> float:
            return await proxy.value("ollama_proxy_client_aborts_total")

        async with asyncio.timeout(10):
            while await aborts() < left:
                await asyncio.sleep(0.01)
        assert await aborts() == left
        generated = sum(
            attempt.usage.generated_tokens or 0
            for attempt in attempts
            if attempt.is_ok and attempt.usage is not None
        )
        assert generated > 0
        wasted = await proxy.value("ollama_proxy_wasted_tokens_total")
        assert await proxy.value("ollama_proxy_generated_tokens_total") - wasted == generated
