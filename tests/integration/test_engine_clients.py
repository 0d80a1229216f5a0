"""The real clients, `ollama` and `openai`, and what they can ask the engine for."""

import base64
import json
import math
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import ollama
import openai
import pytest

from tests.engines import MODEL, RunningEngine, running_engine

QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]
SURE = {"temperature": 0, "seed": 7}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture
async def http(engine: RunningEngine) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.url) as session:
        yield session


@pytest.fixture
async def native(engine: RunningEngine) -> AsyncIterator[ollama.AsyncClient]:
    async with ollama.AsyncClient(host=engine.url) as client:
        yield client


@pytest.fixture
async def by_openai(engine: RunningEngine) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{engine.url}/v1", api_key="unused") as client:
        yield client


async def generate(http: aiohttp.ClientSession, **body: Any) -> Any:
    whole = {"model": MODEL, "stream": False} | body
    async with http.post("/api/generate", json=whole) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_the_ollama_client_streams_a_chat(native: ollama.AsyncClient) -> None:
    options = SURE | {"num_predict": 8}
    parts = [
        part async for part in await native.chat(MODEL, QUESTION, stream=True, options=options)
    ]
    assert "".join(part.message.content or "" for part in parts[:-1]).strip()
    assert (parts[-1].done, parts[-1].done_reason) == (True, "length")
    assert parts[-1].eval_count == 8
    assert len(parts) == 9


async def test_the_ollama_client_lists_shows_and_embeds(native: ollama.AsyncClient) -> None:
    listed = await native.list()
    assert listed.models[0].model == MODEL
    shown = await native.show(MODEL)
    assert shown.modelinfo is not None
    assert shown.modelinfo["llama.context_length"] == 8192
    embedded = await native.embed(MODEL, ["the sky", "the sea"])
    assert [len(vector) for vector in embedded.embeddings] == [576, 576]
    assert [entry.model for entry in (await native.ps()).models] == [MODEL]


async def test_a_verbose_show_has_the_vocabulary(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/show", json={"model": MODEL, "verbose": True}) as answer:
        info = (await answer.json())["model_info"]
    assert len(info["tokenizer.ggml.tokens"]) == info["llama.vocab_size"] == 49152


async def test_the_ollama_client_understands_a_missing_model(native: ollama.AsyncClient) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'none:1b' not found") as caught:
        await native.chat("none:1b", QUESTION)
    assert caught.value.status_code == 404


async def test_the_openai_client_streams_a_chat_with_usage(by_openai: openai.AsyncOpenAI) -> None:
    stream = await by_openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Why is the sky blue?"}],
        max_tokens=8,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices).strip()
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 8


async def test_the_openai_client_gets_the_vectors_that_embed_gives(
    by_openai: openai.AsyncOpenAI, native: ollama.AsyncClient
) -> None:
    answer = await by_openai.embeddings.create(model=MODEL, input="the sky")
    expected = (await native.embed(MODEL, "the sky")).embeddings[0]
    assert answer.data[0].embedding == pytest.approx(expected, abs=1e-6)
    assert math.fsum(x * x for x in expected) == pytest.approx(1.0, abs=1e-3)


async def test_the_openai_client_understands_a_missing_model(by_openai: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="model 'none:1b' not found"):
        await by_openai.models.retrieve("none:1b")
    assert (await by_openai.models.list()).data[0].id == MODEL


async def test_the_three_embedding_routes_give_one_vector(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/embeddings", json={"model": MODEL, "prompt": "sky"}) as answer:
        legacy = (await answer.json())["embedding"]
    async with http.post("/api/embed", json={"model": MODEL, "input": "sky"}) as answer:
        (vector,) = (await answer.json())["embeddings"]
    body = {"model": MODEL, "input": "sky", "encoding_format": "base64"}
    async with http.post("/v1/embeddings", json=body) as answer:
        packed = base64.b64decode((await answer.json())["data"][0]["embedding"])
    assert vector == pytest.approx(legacy, abs=1e-7)
    assert list(struct.unpack(f"<{len(packed) // 4}f", packed)) == legacy
    assert any(len(str(x)) > 12 for x in legacy), "the older route gives all digits"
    assert all(len(f"{abs(x):.12g}".lstrip("0.")) <= 9 for x in vector if abs(x) > 1e-4)


async def test_the_context_continues_a_conversation(http: aiohttp.ClientSession) -> None:
    options = SURE | {"num_predict": 4}
    first = await generate(http, prompt="My name is Ada.", options=options)
    second = await generate(
        http, prompt="What is my name?", context=first["context"], options=options
    )
    assert second["context"][: len(first["context"])] == first["context"]
    assert second["prompt_eval_count"] > len(first["context"])
    assert second["eval_count"] == 4


async def test_the_same_seed_gives_the_same_text(http: aiohttp.ClientSession) -> None:
    options = {"temperature": 1.5, "num_predict": 12}
    texts = [
        (await generate(http, prompt="Tell a story.", options=options | {"seed": seed}))["response"]
        for seed in (5, 5, 6)
    ]
    assert texts[0] == texts[1] != texts[2]


async def test_a_stop_word_ends_the_text_before_it(http: aiohttp.ClientSession) -> None:
    free = await generate(http, prompt="Count to ten.", options=SURE | {"num_predict": 20})
    word = free["response"].split()[3]
    held = await generate(
        http, prompt="Count to ten.", options=SURE | {"num_predict": 20, "stop": [word]}
    )
    assert held["done_reason"] == "stop"
    assert held["response"] == free["response"].partition(word)[0]


async def test_a_schema_is_held(http: aiohttp.ClientSession) -> None:
    colours = {"type": "string", "enum": ["red", "green"]}
    schema = {
        "type": "object",
        "properties": {"colour": colours},
        "required": ["colour"],
        "additionalProperties": False,
    }
    answer = await generate(
        http, prompt="Name a colour.", format=schema, options=SURE | {"num_predict": 60}
    )
    assert json.loads(answer["response"])["colour"] in ("red", "green")


async def test_a_schema_that_cannot_be_held_is_refused(http: aiohttp.ClientSession) -> None:
    body = {"model": MODEL, "prompt": "x", "format": {"type": "nope"}}
    async with http.post("/api/generate", json=body) as answer:
        assert answer.status == 400
        assert 'format.type "nope" is no type' in (await answer.json())["error"]


@pytest.mark.parametrize("tokens", range(1, 9))
async def test_no_answer_holds_half_a_character(tokens: int, http: aiohttp.ClientSession) -> None:
    body = {"model": MODEL, "prompt": "😀😀😀😀😀", "raw": True, "options": SURE}
    async with http.post(
        "/api/generate", json=body | {"options": SURE | {"num_predict": tokens}}
    ) as answer:
        lines = [json.loads(line) for line in (await answer.read()).splitlines()]
    assert "\ufffd" not in "".join(line["response"] for line in lines)
    assert lines[-1]["eval_count"] <= tokens


async def test_a_long_chat_drops_its_oldest_turns_and_a_long_prompt_its_middle(
    http: aiohttp.ClientSession,
) -> None:
    options = SURE | {"num_ctx": 128, "num_predict": 1}
    turns = [{"role": "user", "content": f"Number {i}. " * 5} for i in range(12)]
    body = {"model": MODEL, "messages": turns, "stream": False, "options": options}
    async with http.post("/api/chat", json=body) as answer:
        chat = await answer.json()
    assert 64 < chat["prompt_eval_count"] <= 128
    prompt = await generate(http, prompt="word " * 300, options=options)
    assert prompt["prompt_eval_count"] == 128 // 2 + 2


async def test_an_answer_ends_where_the_context_ends(http: aiohttp.ClientSession) -> None:
    options = {"num_ctx": 64, "num_predict": -1, "seed": 1, "temperature": 2.0}
    answer = await generate(http, prompt="Tell a story.", format="json", options=options)
    assert answer["done_reason"] in ("length", "stop")
    assert answer["prompt_eval_count"] + answer["eval_count"] <= 64 + 1


async def test_prompts_and_answers_are_in_no_log(
    engine: RunningEngine, http: aiohttp.ClientSession
) -> None:
    answer = await generate(
        http, prompt="Say zanzibar-secret-word.", options=SURE | {"num_predict": 12}
    )
    log = (engine.models_dir.parent / "log").read_text()
    assert "request_ended" in log
    assert "zanzibar" not in log
    assert answer["response"] not in log
