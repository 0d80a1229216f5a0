"""A client that leaves: the engine stops its work at once, whatever it was doing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from tests.clients import RawClient
from tests.engines import MODEL, RunningEngine, running_engine

CEILING_SECONDS = 60.0
ALL_OF_IT_SECONDS = 6.0
"""Of CPU: the story takes 15, the long prompt 70."""
STORY = {"model": MODEL, "prompt": "Tell a story.", "options": {"num_predict": 3000, "seed": 1}}
# Half a minute of prefill on the machine this was written on
LONG_PROMPT = {"model": MODEL, "prompt": "one two three " * 1200, "options": {"num_predict": 1}}
SHORT = {"model": MODEL, "prompt": "Hi", "stream": False, "options": {"num_predict": 1}}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture
async def http(engine: RunningEngine) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.url) as session:
        async with session.post("/api/generate", json={"model": MODEL}) as answer:
            assert answer.status == 200
        yield session


async def short_answer(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/generate", json=SHORT) as answer:
        assert answer.status == 200
        await answer.read()


def cpu_seconds(engine: RunningEngine) -> float:
    """What the one process with a model has used, all its threads together."""
    (runner,) = engine.runners()
    return float(runner.cpu_times().user)


async def waiting_requests(http: aiohttp.ClientSession) -> int:
    async with http.get("/-/metrics") as answer:
        text = await answer.text()
    (line,) = (x for x in text.splitlines() if x.startswith("engine_waiting_requests "))
    return int(float(line.split()[1]))


async def until_waiting(http: aiohttp.ClientSession, requests: int) -> None:
    async with asyncio.timeout(CEILING_SECONDS):
        while await waiting_requests(http) != requests:
            await asyncio.sleep(0.005)


async def left_behind(engine: RunningEngine, body: dict[str, Any]) -> RawClient:
    client = await RawClient.connect(engine.url)
    await client.request("POST", "/api/generate", body)
    return client


async def test_a_client_that_leaves_in_mid_stream_frees_the_slot_at_once(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    begun = cpu_seconds(engine)
    async with await left_behind(engine, STORY) as client:
        assert (await client.head()).status == 200
        assert json.loads(await client.chunk())["done"] is False
    await short_answer(http)
    assert cpu_seconds(engine) - begun < ALL_OF_IT_SECONDS


async def test_a_client_that_leaves_during_the_prefill_is_noticed_between_two_batches(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    begun = cpu_seconds(engine)
    async with await left_behind(engine, LONG_PROMPT):
        async with asyncio.timeout(CEILING_SECONDS):
            while cpu_seconds(engine) < begun + 0.3:
                await asyncio.sleep(0.01)
    # llama.cpp looks at the connection once a second, and ends the batch that it is in
    await short_answer(http)
    assert cpu_seconds(engine) - begun < ALL_OF_IT_SECONDS


async def test_a_client_that_leaves_the_queue_is_forgotten(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    async with await left_behind(engine, STORY) as busy:
        await busy.head()
        async with await left_behind(engine, SHORT):
            await until_waiting(http, 1)
        await until_waiting(http, 0)
        assert json.loads(await busy.chunk())["done"] is False


async def test_a_client_that_leaves_during_the_load_leaves_a_usable_model(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    async with http.post("/api/generate", json={"model": MODEL, "keep_alive": 0}) as answer:
        assert answer.status == 200
    async with await left_behind(engine, STORY):
        async with asyncio.timeout(CEILING_SECONDS):
            while not engine.runners():
                await asyncio.sleep(0.005)
    await short_answer(http)
    assert cpu_seconds(engine) < ALL_OF_IT_SECONDS


async def test_the_work_left_behind_is_not_counted_as_an_error(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    async with http.get("/-/metrics") as answer:
        text = await answer.text()
    assert "engine_crashes_total 0.0" in text
    assert engine.process.poll() is None
