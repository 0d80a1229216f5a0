"""The engine when something breaks: a model process dies, a file is no model, a parent dies."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from tests.clients import RawClient
from tests.engines import MODEL, RunningEngine, running_engine
from tests.fakes import captures

pytestmark = pytest.mark.long

CEILING_SECONDS = 10.0


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        (running.models_dir / "broken.gguf").write_bytes(b"no model at all")
        (running.models_dir / "notes.txt").write_text("not a model either")
        yield running


@pytest.fixture
async def http(engine: RunningEngine) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.url) as session:
        yield session


async def answer_with_a_killed_process(engine: RunningEngine, name: str) -> tuple[Any, list[bytes]]:
    """Repeat a recorded request and kill the model process after the first chunk."""
    capture = captures.load(name)
    async with await RawClient.connect(engine.url) as client:
        await client.request(capture.method, capture.path, capture.request_body)
        head = await client.head()
        chunks = [await client.chunk()]
        (runner,) = engine.runners()
        runner.kill()
        while chunk := await client.chunk():
            chunks.append(chunk)
    until_gone(runner)
    return head, chunks


def until_gone(runner: psutil.Process) -> None:
    """Until the engine knows: what comes before is answered by nobody, and told so at once."""
    runner.wait(CEILING_SECONDS)


def without_times(chunk: bytes) -> Any:
    document = json.loads(chunk.removeprefix(b"data: "))
    return {k: v for k, v in document.items() if k not in ("id", "created", "created_at")}


@pytest.mark.parametrize(
    "name",
    [
        "broken-chat-stream",
        "broken-generate-stream",
        "broken-v1-chat-stream",
        "broken-v1-completions-stream",
    ],
)
async def test_a_stream_whose_model_process_dies_ends_as_recorded(
    name: str, engine: RunningEngine
) -> None:
    capture = captures.load(name)
    head, chunks = await answer_with_a_killed_process(engine, name)
    assert head.status == 200
    assert head.get("content-type") == capture.content_type
    assert without_times(chunks[-1]) == without_times(capture.chunks[-1][1])
    assert b"[DONE]" not in chunks[-1]


@pytest.mark.parametrize("name", ["broken-chat-json", "broken-v1-chat-json"])
async def test_a_whole_answer_whose_model_process_dies_is_the_recorded_500(
    name: str, engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    capture = captures.load(name)
    async with http.post("/api/generate", json={"model": MODEL}) as loaded:
        assert loaded.status == 200
    (runner,) = engine.runners()
    begun = runner.cpu_times().user
    async with await RawClient.connect(engine.url) as client:
        await client.request(capture.method, capture.path, capture.request_body)
        async with asyncio.timeout(CEILING_SECONDS):
            while runner.cpu_times().user < begun + 0.1:
                await asyncio.sleep(0.01)
        runner.kill()
        head = await client.head()
        body = await client.body(head)
    until_gone(runner)
    assert head.status == capture.status
    assert head.get("content-type") == capture.content_type
    assert body == capture.body


async def test_after_a_crash_the_next_request_starts_the_model_anew(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    body = {"model": MODEL, "prompt": "Hi", "stream": False, "options": {"num_predict": 1}}
    async with http.post("/api/generate", json=body) as answer:
        assert answer.status == 200
        assert (await answer.json())["done"] is True
    assert len(engine.runners()) == 1
    async with http.get("/-/metrics") as answer:
        assert "engine_crashes_total 0.0" not in await answer.text()


async def test_a_file_that_is_no_model_is_named_and_the_others_still_listed(
    http: aiohttp.ClientSession,
) -> None:
    async with http.post("/api/generate", json={"model": "broken", "prompt": "Hi"}) as answer:
        assert answer.status == 500
        assert "broken.gguf is no readable model file" in (await answer.json())["error"]
    async with http.get("/api/tags") as answer:
        names = [model["name"] for model in (await answer.json())["models"]]
    assert names[0] == MODEL
    assert "broken:latest" not in names


async def test_a_file_that_changes_while_its_model_is_loaded_stays_listed_as_it_was(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    file = engine.models_dir / "changing.gguf"
    file.write_bytes((engine.models_dir / "smollm2@135m.gguf").read_bytes())
    async with http.post("/api/generate", json={"model": "changing"}) as answer:
        assert answer.status == 200
    file.unlink()
    file.write_bytes(b"something else")
    async with http.get("/api/tags") as answer:
        assert "changing:latest" not in await answer.text()
    async with http.get("/api/ps") as answer:
        (loaded,) = (await answer.json())["models"]
    assert (loaded["name"], loaded["details"]["family"]) == ("changing:latest", "llama")
    file.unlink()
    async with http.post("/api/generate", json={"model": "changing"}) as answer:
        assert answer.status == 404


HOSTILE = [
    '{"options":{"num_predict":1e999}}',
    '{"options":{"temperature":' + "9" * 400 + "}}",
    '{"keep_alive":' + "9" * 5000 + "}",
    '{"keep_alive":"-1"}',
    '{"format":{"type":{}}}',
    '{"format":{"properties":5}}',
    '{"format":{"type":"array","minItems":1000000000}}',
    '{"format":' + '{"items":' * 900 + "{}" + "}" * 901,
    '{"x":' + '{"a":' * 5000 + '"\\ud800"' + "}" * 5001,
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:30])
async def test_a_hostile_body_is_a_400_with_a_sentence(
    body: str, http: aiohttp.ClientSession
) -> None:
    whole = f'{{"model":"{MODEL}","prompt":"Hi",{body[1:]}'
    async with http.post("/api/generate", data=whole) as answer:
        assert answer.status == 400
        assert len((await answer.json())["error"]) > 10


async def test_a_body_over_the_limit_is_refused_before_it_has_all_come(
    http: aiohttp.ClientSession, engine: RunningEngine
) -> None:
    async with await RawClient.connect(engine.url) as client:
        head = f"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {2**40}\r\n\r\n"
        await client.send(head.encode())
        for _ in range(21):
            await client.send(b" " * 2**20)
        answer = await client.head()
        assert answer.status == 413
        assert b"request body too large" in await client.body(answer)


@pytest.mark.parametrize(
    "options",
    [
        {"num_ctx": 10**12},
        {"num_batch": 1},
        {"num_thread": 10**6},
        {"repeat_last_n": 10**18},
        {"repeat_last_n": -1},
    ],
    ids=str,
)
async def test_an_option_beyond_the_machine_is_cut_to_what_there_is(
    options: dict[str, int], engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    body = {
        "model": MODEL,
        "prompt": "Hi",
        "stream": False,
        "options": options | {"num_predict": 1},
    }
    async with http.post("/api/generate", json=body) as answer:
        assert answer.status == 200
    (runner,) = engine.runners()
    assert runner.memory_info().rss < 2**30
    assert runner.num_threads() < 100


async def test_a_model_that_cannot_be_loaded_is_a_500_that_says_so(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    whole = (engine.models_dir / "smollm2@135m.gguf").read_bytes()
    (engine.models_dir / "half.gguf").write_bytes(whole[: len(whole) // 2])
    async with http.post("/api/generate", json={"model": "half", "prompt": "Hi"}) as answer:
        assert answer.status == 500
        error = (await answer.json())["error"]
    assert error.startswith("llama runner process has terminated: ")
    assert "half.gguf" in error


async def test_a_stop_lets_the_answer_in_flight_finish_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    with running_engine(tmp_path) as engine:
        body = {"model": MODEL, "prompt": "Hi", "options": {"num_predict": 40, "seed": 1}}
        async with aiohttp.ClientSession(engine.url) as http:
            async with http.post("/api/generate", json=body) as answer:
                await answer.content.readline()
                (runner,) = engine.runners()
                engine.process.terminate()
                *_, last = (await answer.read()).splitlines()
        assert json.loads(last)["done"] is True
        assert engine.process.wait(CEILING_SECONDS) == 0
        assert not psutil.pid_exists(runner.pid)


async def test_model_processes_end_with_an_engine_that_is_killed(tmp_path: Path) -> None:
    with running_engine(tmp_path) as engine:
        async with aiohttp.ClientSession(engine.url) as http:
            async with http.post("/api/generate", json={"model": MODEL}) as answer:
                assert answer.status == 200
        (runner,) = engine.runners()
        os.kill(engine.process.pid, signal.SIGKILL)
        async with asyncio.timeout(CEILING_SECONDS):
            while runner.is_running() and runner.status() != psutil.STATUS_ZOMBIE:
                await asyncio.sleep(0.01)
