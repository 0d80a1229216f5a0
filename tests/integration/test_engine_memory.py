"""Models in memory: loading, staying, leaving, making room; and who waits meanwhile."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import psutil
import pytest

from tests.engines import MODEL, RunningEngine, running_engine
from tests.fakes import captures

pytestmark = pytest.mark.long

OTHER = "other:latest"
CEILING_SECONDS = 10.0
SHORT = {"num_predict": 2, "temperature": 0}
LONG = {"num_predict": 2000, "temperature": 0, "seed": 1}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("engine")
    settings = {"max_loaded_models": 1, "max_queue": 1}
    with running_engine(folder, (MODEL, "other"), **settings) as running:
        yield running


@pytest.fixture
async def http(engine: RunningEngine) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.url) as session:
        yield session
        for model in (MODEL, OTHER):
            await post(session, "/api/generate", model=model, keep_alive=0)


async def post(http: aiohttp.ClientSession, path: str, **body: Any) -> tuple[int, Any]:
    async with http.post(path, json=body) as answer:
        return answer.status, json.loads(await answer.text())


async def chat(http: aiohttp.ClientSession, model: str, **options: Any) -> Any:
    messages = [{"role": "user", "content": "Name three colours."}]
    body = {"model": model, "messages": messages, "stream": False, "options": SHORT | options}
    status, document = await post(http, "/api/chat", **body)
    assert status == 200
    return document


async def loaded(http: aiohttp.ClientSession) -> list[Any]:
    async with http.get("/api/ps") as answer:
        return list((await answer.json())["models"])


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(CEILING_SECONDS):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_load_request_loads_and_an_unload_request_frees_the_memory(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    assert engine.runners() == []
    status, answer = await post(http, "/api/generate", model=MODEL)
    assert (status, answer["done_reason"]) == (200, "load")
    (runner,) = engine.runners()
    (entry,) = await loaded(http)
    assert entry["name"] == MODEL
    model_bytes = (engine.models_dir / "smollm2@135m.gguf").stat().st_size
    assert entry["size"] > model_bytes // 2
    assert runner.memory_info().rss > model_bytes // 2
    status, answer = await post(http, "/api/generate", model=MODEL, keep_alive=0)
    assert (status, answer["done_reason"]) == (200, "unload")
    assert not psutil.pid_exists(runner.pid)
    assert await loaded(http) == []


async def test_ps_has_the_recorded_keys(http: aiohttp.ClientSession) -> None:
    await chat(http, MODEL)
    recorded = json.loads(captures.load("ps-loaded").body)["models"][0]
    (entry,) = await loaded(http)
    assert list(entry) == list(recorded)
    assert list(entry["details"]) == list(recorded["details"])
    assert entry["details"] == recorded["details"]
    assert entry["context_length"] == recorded["context_length"]


async def test_a_model_leaves_when_its_keep_alive_is_over(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    await post(http, "/api/generate", model=MODEL, keep_alive="200ms")
    (runner,) = engine.runners()
    await until(lambda: not psutil.pid_exists(runner.pid))
    assert await loaded(http) == []


async def test_a_negative_keep_alive_stays_for_centuries(http: aiohttp.ClientSession) -> None:
    await post(http, "/api/generate", model=MODEL, keep_alive=-1)
    (entry,) = await loaded(http)
    assert int(entry["expires_at"][:4]) > 2200


async def test_another_context_length_reloads_the_model(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    first = await chat(http, MODEL)
    (before,) = engine.runners()
    warm = await chat(http, MODEL)
    assert [runner.pid for runner in engine.runners()] == [before.pid]
    reloaded = await chat(http, MODEL, num_ctx=512)
    (after,) = engine.runners()
    assert after.pid != before.pid
    assert (await loaded(http))[0]["context_length"] == 512
    assert warm["load_duration"] < min(first["load_duration"], reloaded["load_duration"])


async def test_an_idle_model_makes_room_for_another(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    await chat(http, MODEL)
    (before,) = engine.runners()
    await chat(http, OTHER)
    assert not psutil.pid_exists(before.pid)
    assert [entry["name"] for entry in await loaded(http)] == [OTHER]


async def test_a_busy_model_is_waited_for_and_a_full_queue_is_refused(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    story = {"model": MODEL, "prompt": "Tell a long story.", "options": LONG}
    async with http.post("/api/generate", json=story) as busy:
        await busy.content.readline()
        begun = time.perf_counter_ns()
        waiting = asyncio.ensure_future(chat(http, OTHER))
        await _until_waiting(http, 1)
        for path, name in (("/api/chat", "busy-chat"), ("/v1/chat/completions", "busy-v1-chat")):
            recorded = captures.load(f"error-{name}")
            messages = [{"role": "user", "content": "hi"}]
            async with http.post(path, json={"model": OTHER, "messages": messages}) as answer:
                assert answer.status == recorded.status
                assert answer.headers["content-type"] == recorded.content_type
                assert await answer.read() == recorded.body
        assert len(engine.runners()) == 1
    left_ns = time.perf_counter_ns()
    answer_of_the_waiting = await waiting
    assert answer_of_the_waiting["load_duration"] >= left_ns - begun
    assert [entry["name"] for entry in await loaded(http)] == [OTHER]


async def _until_waiting(http: aiohttp.ClientSession, requests: int) -> None:
    async with asyncio.timeout(CEILING_SECONDS):
        while f"engine_waiting_requests {requests:.1f}" not in await _metrics(http):
            await asyncio.sleep(0.01)


async def _metrics(http: aiohttp.ClientSession) -> str:
    async with http.get("/-/metrics") as answer:
        return await answer.text()


async def test_the_wait_for_a_slot_is_in_the_total_and_in_no_other_duration(
    http: aiohttp.ClientSession,
) -> None:
    await post(http, "/api/generate", model=MODEL)
    first, second = await asyncio.gather(
        chat(http, MODEL, num_predict=40), chat(http, MODEL, num_predict=40)
    )
    parts = ("load_duration", "prompt_eval_duration", "eval_duration")
    rests = sorted(a["total_duration"] - sum(a[part] for part in parts) for a in (first, second))
    work = min(first["eval_duration"], second["eval_duration"])
    assert rests[0] < work / 2
    assert rests[1] > work / 2
