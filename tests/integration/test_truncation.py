"""A prompt that Ollama cut without a word, and a request that did not say how much fits."""

import asyncio

import pytest

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.fakes.turn import Model
from tests.servers import running_proxy

SUSPECTED = "ollama_proxy_suspected_truncations_total"
MODEL = "smollm2:135m"
LONG = "Some words that mean nothing. " * 1000
SAID = [{"role": "user", "content": LONG}]

ASKED: list[tuple[str, dict[str, object]]] = [
    ("/api/generate", {"prompt": LONG}),
    ("/api/chat", {"messages": SAID}),
    ("/v1/chat/completions", {"messages": SAID}),
    ("/v1/messages", {"messages": SAID, "max_tokens": 5}),
]


async def ask(url: str, path: str, asked: dict[str, object]) -> None:
    async with await RawClient.connect(url) as client:
        await client.request("POST", path, {"model": MODEL, "stream": False, **asked})
        head = await client.head()
        assert head.status == 200
        await client.body(head)


@pytest.mark.parametrize(("path", "asked"), ASKED, ids=[path for path, _ in ASKED])
async def test_the_context_is_what_ollama_says_it_has_loaded(
    path: str, asked: dict[str, object]
) -> None:
    cut = FakeOllama(Model(prompt_tokens=6000))
    async with ScriptedServer(cut) as ollama, running_proxy(ollama.url) as proxy:
        await ask(proxy.url, path, asked)
        async with asyncio.timeout(10):
            while not await proxy.value(SUSPECTED, model=MODEL, endpoint=path):
                await asyncio.sleep(0.01)
        assert await proxy.value("ollama_proxy_requests_total") == 1  # the question is no traffic


async def test_a_long_prompt_that_fitted_is_not_suspected_and_asks_nothing() -> None:
    whole = FakeOllama(Model(prompt_tokens=5990))
    asked_of_ollama: list[str] = []

    async def script(call: Call) -> None:
        asked_of_ollama.append(call.target)
        await whole(call)

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        options = {"num_ctx": 8192}
        await ask(proxy.url, "/api/generate", {"prompt": LONG, "options": options})
        assert await proxy.value(SUSPECTED) == 0
        # where models compute is asked for all the same
        assert [target for target in asked_of_ollama if target != "/api/tags"] == ["/api/generate"]


@pytest.mark.parametrize("status", ["404 Not Found", "200 OK"])
async def test_an_ollama_that_does_not_say_costs_nothing(status: str) -> None:
    cut = FakeOllama(Model(prompt_tokens=6000))
    asked = asyncio.Event()

    async def script(call: Call) -> None:
        if call.target == "/api/ps":
            asked.set()
            await call.answer(status, [], b"no list")
        else:
            await cut(call)

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        await ask(proxy.url, *ASKED[0])
        async with asyncio.timeout(10):
            await asked.wait()
        await ask(proxy.url, *ASKED[1])
        assert await proxy.value(SUSPECTED) == 0
        assert await proxy.value("ollama_proxy_extraction_errors_total") == 0
