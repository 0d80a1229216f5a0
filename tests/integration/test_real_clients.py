"""The `ollama`, `openai` and `anthropic` packages: the same answers with the proxy and without.

The engine answers where it has the route, the scripted Ollama elsewhere.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anthropic
import ollama
import openai
import pytest
import pytest_asyncio

from tests.engines import MODEL, RunningEngine, running_engine
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION: list[Any] = [{"role": "user", "content": "Why is the sky blue?"}]
SURE = {"temperature": 0, "seed": 7, "num_predict": 6}
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
Ask = Callable[[str], Awaitable[object]]


def by_ollama(ask: Callable[[ollama.AsyncClient], Awaitable[object]]) -> Ask:
    """Ask with the `ollama` package."""

    async def asked(url: str) -> object:
        async with ollama.AsyncClient(host=url) as client:
            try:
                return await ask(client)
            except ollama.ResponseError as error:
                return error.status_code, error.error

    return asked


def by_openai(ask: Callable[[openai.AsyncOpenAI], Awaitable[object]]) -> Ask:
    """Ask with the `openai` package."""

    async def asked(url: str) -> object:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
            try:
                return await ask(client)
            except openai.APIStatusError as error:
                return type(error), error.body

    return asked


def by_anthropic(ask: Callable[[anthropic.AsyncAnthropic], Awaitable[object]]) -> Ask:
    """Ask with the `anthropic` package."""

    async def asked(url: str) -> object:
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
            try:
                return await ask(client)
            except anthropic.APIStatusError as error:
                assert isinstance(error.body, dict)
                return type(error), error.body["error"]  # the request id beside it is another

    return asked


async def listed(parts: AsyncIterator[Any], *left_out: str) -> list[object]:
    """All parts of a stream, without what differs between two runs."""
    return [part.model_dump(exclude=set(left_out)) async for part in parts]


CLOCKS = ("created_at", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration")


async def ollama_chats(client: ollama.AsyncClient) -> object:
    stream = await client.chat(MODEL, QUESTION, stream=True, options=SURE)
    parts = await listed(stream, *CLOCKS)
    whole = await client.chat(MODEL, QUESTION, options=SURE)
    return parts, whole.model_dump(exclude=set(CLOCKS))


async def ollama_generates(client: ollama.AsyncClient) -> object:
    stream = await client.generate(MODEL, "Name three colours.", stream=True, options=SURE)
    parts = await listed(stream, *CLOCKS)
    whole = await client.generate(MODEL, "Name three colours.", options=SURE)
    return parts, whole.model_dump(exclude=set(CLOCKS))


async def ollama_embeds(client: ollama.AsyncClient) -> object:
    vectors = await client.embed(MODEL, ["the sky", "the sea"])
    older = await client.embeddings(MODEL, "the sky")
    return vectors.embeddings, vectors.prompt_eval_count, older.embedding


async def ollama_looks_around(client: ollama.AsyncClient) -> object:
    known = [model.model for model in (await client.list()).models]
    running = [model.model for model in (await client.ps()).models]
    return known, running, (await client.show(MODEL)).modelinfo


async def ollama_asks_for_nothing(client: ollama.AsyncClient) -> object:
    return await client.chat("none:1b", QUESTION)


async def openai_chats(client: openai.AsyncOpenAI) -> object:
    said: Any = {"model": MODEL, "messages": QUESTION, "max_tokens": 6, "temperature": 0}
    counted: Any = {"include_usage": True}
    stream = await client.chat.completions.create(**said, stream=True, stream_options=counted)
    parts = await listed(stream, "id", "created")
    whole = await client.chat.completions.create(**said)
    return parts, whole.model_dump(exclude={"id", "created"})


async def openai_completes(client: openai.AsyncOpenAI) -> object:
    said: Any = {"model": MODEL, "prompt": "The sky is", "max_tokens": 6, "temperature": 0}
    stream = await client.completions.create(**said, stream=True)
    parts = await listed(stream, "id", "created")
    return parts, (await client.completions.create(**said)).model_dump(exclude={"id", "created"})


async def openai_embeds(client: openai.AsyncOpenAI) -> object:
    return (await client.embeddings.create(model=MODEL, input="the sky")).model_dump()


async def openai_looks_around(client: openai.AsyncOpenAI) -> object:
    known = [model.id async for model in client.models.list()]
    return known, (await client.models.retrieve(MODEL)).id


async def openai_asks_for_nothing(client: openai.AsyncOpenAI) -> object:
    return await client.chat.completions.create(model="none:1b", messages=QUESTION)


async def anthropic_asks_an_engine(client: anthropic.AsyncAnthropic) -> object:
    return await client.messages.create(model=MODEL, max_tokens=6, messages=QUESTION)


async def ollama_moves_models(client: ollama.AsyncClient) -> object:
    pulled = await listed(await client.pull("gemma3:270m", stream=True))
    pushed = await listed(await client.push("gemma3:270m", stream=True))
    created = await listed(await client.create("mine", from_="gemma3:270m", stream=True))
    at_once = (await client.pull("gemma3:270m")).status
    copied = (await client.copy("gemma3:270m", "other")).status
    deleted = (await client.delete("other")).status
    digest = await client.create_blob(Path(__file__))
    return pulled, pushed, created, at_once, copied, deleted, digest


async def ollama_calls_tools(client: ollama.AsyncClient) -> object:
    stream = await client.chat(MODEL, QUESTION, tools=[TOOL], think=True, stream=True)
    return await listed(stream)


async def openai_calls_tools(client: openai.AsyncOpenAI) -> object:
    stream = await client.chat.completions.create(
        model=MODEL, messages=QUESTION, tools=[TOOL], stream=True
    )
    return await listed(stream)


async def openai_responds(client: openai.AsyncOpenAI) -> object:
    stream = await client.responses.create(model=MODEL, input="Why?", stream=True)
    parts = await listed(stream)
    whole = await client.responses.create(model=MODEL, input="Why?")
    assert whole.output_text
    return parts, whole.model_dump()


async def openai_transcribes(client: openai.AsyncOpenAI) -> object:
    sound = ("a.wav", b"RIFF\x00\xff" * 9000)
    return (await client.audio.transcriptions.create(model=MODEL, file=sound)).text


async def anthropic_chats(client: anthropic.AsyncAnthropic) -> object:
    said: Any = {"model": MODEL, "max_tokens": 99, "messages": QUESTION}
    async with client.messages.stream(**said) as stream:
        texts = [text async for text in stream.text_stream]
        final = (await stream.get_final_message()).model_dump()
    return texts, final, (await client.messages.create(**said)).model_dump()


ENGINE: dict[str, Ask] = {
    "ollama chats": by_ollama(ollama_chats),
    "ollama generates": by_ollama(ollama_generates),
    "ollama embeds": by_ollama(ollama_embeds),
    "ollama looks around": by_ollama(ollama_looks_around),
    "ollama asks for a model that is not there": by_ollama(ollama_asks_for_nothing),
    "openai chats": by_openai(openai_chats),
    "openai completes": by_openai(openai_completes),
    "openai embeds": by_openai(openai_embeds),
    "openai looks around": by_openai(openai_looks_around),
    "openai asks for a model that is not there": by_openai(openai_asks_for_nothing),
    "anthropic asks for what is not there": by_anthropic(anthropic_asks_an_engine),
}
THINKS = Model(name=MODEL, thinking_tokens=4, cached_tokens=3)
CALLS = Model(name=MODEL, thinking_tokens=4, calls_tool=True)
FAKE: dict[str, tuple[Ask, Model, Faults]] = {
    "ollama moves models": (by_ollama(ollama_moves_models), Model(), Faults()),
    "ollama calls tools": (by_ollama(ollama_calls_tools), CALLS, Faults()),
    "openai calls tools": (by_openai(openai_calls_tools), CALLS, Faults()),
    "openai responds": (by_openai(openai_responds), THINKS, Faults()),
    "openai transcribes": (by_openai(openai_transcribes), Model(), Faults()),
    "openai is refused": (by_openai(openai_responds), Model(), Faults(status=429)),
    "anthropic chats": (by_anthropic(anthropic_chats), Model(), Faults()),
    "anthropic thinks": (by_anthropic(anthropic_chats), THINKS, Faults()),
    "anthropic calls tools": (by_anthropic(anthropic_chats), CALLS, Faults()),
    "anthropic is refused": (by_anthropic(anthropic_chats), Model(), Faults(status=503)),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def before_engine(engine: RunningEngine) -> AsyncIterator[RunningProxy]:
    async with running_proxy(engine.url) as proxy:
        yield proxy


@pytest.mark.parametrize("name", ENGINE)
async def test_a_client_gets_the_same_from_the_engine(
    engine: RunningEngine, before_engine: RunningProxy, name: str
) -> None:
    direct = await ENGINE[name](engine.url)
    proxied = await ENGINE[name](before_engine.url)
    assert proxied == direct


async def test_what_the_engine_generated_was_counted(before_engine: RunningProxy) -> None:
    tokens = await before_engine.value("ollama_proxy_generated_tokens_total", model=MODEL)
    assert tokens == 6 * 8 - 6  # of each pair a stream and a whole; one stream told no counts
    assert await before_engine.value("ollama_proxy_usage_missing_total", reason="not_asked") == 1


@pytest.mark.parametrize("name", FAKE)
async def test_a_client_gets_the_same_from_the_script(name: str) -> None:
    ask, model, faults = FAKE[name]
    fakes = [FakeOllama(model, faults) for _ in range(2)]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(ScriptedServer(fake)) for fake in fakes]
        proxy = await stack.enter_async_context(running_proxy(servers[1].url))
        direct = await ask(servers[0].url)
        assert await ask(proxy.url) == direct
