"""The `ollama`, `openai` and `anthropic` packages with API keys: answers, streams and refusals."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import ollama
import openai
import pytest
import pytest_asyncio

from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.key_files import key_of, table, write_keys
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "smollm2:135m"
QUESTION: list[Any] = [{"role": "user", "content": "Why is the sky blue?"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningProxy]:
    """A proxy with keys for each case, before a scripted Ollama."""
    path: Path = tmp_path_factory.mktemp("keys") / "keys.toml"
    tables = (
        table("alice", models=[MODEL], requests_per_minute=1000),
        table("narrow", models=["llama3"]),
        table("spent", tokens_per_minute=1),
    )
    await asyncio.to_thread(write_keys, path, *tables)
    async with (
        ScriptedServer(FakeOllama()) as upstream,
        running_proxy(upstream.url, api_keys_file=path) as running,
    ):
        async with by_ollama(running, "spent") as client:
            await client.chat(MODEL, QUESTION)
        yield running


def by_openai(proxy: RunningProxy, alias: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{proxy.url}/v1", api_key=key_of(alias), max_retries=0, timeout=20
    )


def by_anthropic(proxy: RunningProxy, alias: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(
        base_url=proxy.url, api_key=key_of(alias), max_retries=0, timeout=20
    )


def by_ollama(proxy: RunningProxy, alias: str) -> ollama.AsyncClient:
    headers = {"Authorization": f"Bearer {key_of(alias)}"}
    return ollama.AsyncClient(host=proxy.url, headers=headers, timeout=20)


async def test_openai_streams_with_a_key(proxy: RunningProxy) -> None:
    async with by_openai(proxy, "alice") as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
        parts = [part async for part in stream]
        text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
        assert text
        assert parts[-1].usage is not None
        assert [model.id async for model in client.models.list()]
        assert (await client.models.retrieve(MODEL)).id == MODEL
        embedded = await client.embeddings.create(model=MODEL, input="the sky")
        assert embedded.data[0].embedding


async def test_anthropic_streams_with_a_key(proxy: RunningProxy) -> None:
    async with by_anthropic(proxy, "alice") as client:
        async with client.messages.stream(model=MODEL, max_tokens=20, messages=QUESTION) as stream:
            assert "".join([text async for text in stream.text_stream])
    # as Claude Code does with ANTHROPIC_AUTH_TOKEN
    bearing = anthropic.AsyncAnthropic(base_url=proxy.url, auth_token=key_of("alice"))
    async with bearing as client:
        whole = await client.messages.create(model=MODEL, max_tokens=20, messages=QUESTION)
        assert whole.content


async def test_ollama_streams_with_a_key(proxy: RunningProxy) -> None:
    async with by_ollama(proxy, "alice") as client:
        parts = [part async for part in await client.chat(MODEL, QUESTION, stream=True)]
        assert parts[-1].done
        assert (await client.show(MODEL)).modelinfo
        with pytest.raises(ollama.ResponseError, match="may manage") as refused:
            await client.pull(MODEL)
        assert refused.value.status_code == 403


async def test_openai_knows_a_refusal_by_its_class_and_code(proxy: RunningProxy) -> None:
    expected = {
        "mallory": (openai.AuthenticationError, "invalid_api_key"),
        "narrow": (openai.PermissionDeniedError, "insufficient_permissions"),
        "spent": (openai.RateLimitError, "rate_limit_exceeded"),
    }
    for alias, (kind, code) in expected.items():
        async with by_openai(proxy, alias) as client:
            with pytest.raises(kind) as refused:
                await client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
            assert refused.value.code == code
            assert key_of(alias) not in str(refused.value)
    assert int(refused.value.response.headers["retry-after"]) <= 60


async def test_anthropic_knows_a_refusal_by_its_class_and_type(proxy: RunningProxy) -> None:
    expected = {
        "mallory": (anthropic.AuthenticationError, "authentication_error"),
        "narrow": (anthropic.PermissionDeniedError, "permission_error"),
        "spent": (anthropic.RateLimitError, "rate_limit_error"),
    }
    for alias, (kind, word) in expected.items():
        async with by_anthropic(proxy, alias) as client:
            with pytest.raises(kind) as refused:
                await client.messages.create(model=MODEL, max_tokens=9, messages=QUESTION)
            assert isinstance(refused.value.body, dict)
            assert refused.value.body["error"]["type"] == word


async def test_ollama_knows_a_refusal_by_its_status(proxy: RunningProxy) -> None:
    for alias, status in (("mallory", 401), ("narrow", 403), ("spent", 429)):
        async with by_ollama(proxy, alias) as client:
            with pytest.raises(ollama.ResponseError) as refused:
                await client.chat(MODEL, QUESTION)
            assert refused.value.status_code == status
            assert refused.value.error


async def test_a_client_that_waits_as_it_is_told_gets_its_answer(tmp_path: Path) -> None:
    path = await asyncio.to_thread(
        write_keys, tmp_path / "keys.toml", table("single", max_in_flight=1)
    )
    async with (
        ScriptedServer(FakeOllama()) as upstream,
        running_proxy(upstream.url, api_keys_file=path) as proxy,
    ):
        clients = openai.AsyncOpenAI(
            base_url=f"{proxy.url}/v1", api_key=key_of("single"), max_retries=5, timeout=60
        )
        async with clients as client:
            asked = [
                client.chat.completions.create(model=MODEL, messages=QUESTION) for _ in range(3)
            ]
            assert all(answer.choices for answer in await asyncio.gather(*asked))
