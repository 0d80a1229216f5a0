"""Token counts that the proxy asked for: the client never sees that they were.

With the setting on, streams of chat and completions are as those of a twin that nobody asked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHUNKED = (b"Transfer-Encoding", b"chunked")
STREAMS = ("/v1/chat/completions", "/v1/completions")
ASKED = b'{"model":"smollm2:135m","prompt":"?","messages":[{"role":"user"}],"stream":true}'
MODELS = {
    "text": Model(output_tokens=4),
    "thinking": Model(output_tokens=5, thinking_tokens=3, cached_tokens=2),
    "a tool call": Model(output_tokens=3, calls_tool=True),
    "no output": Model(output_tokens=0),
}
FAULTS = {
    "an error inside": Faults(error_after=2),
    "no end marker": Faults(end_without_done_after=2),
    "a reset": Faults(drop_after=2),
    "no JSON": Faults(malformed_after=2),
    "busy": Faults(status=503),
}
# The counts asked for, or nothing to ask them of: the request must pass as it was.
UNTOUCHED = {
    "asked already": ASKED[:-1] + b',"stream_options":{"include_usage":true}}',
    "not streamed": ASKED.replace(b"true", b"false"),
    "cut short": b'{"model":"smollm2:135m","stream":true',
    "an array": b'["stream"]',
    "empty": b"{}",
    "half a character": ASKED.replace(b'"?"', b'"\\ud83d"'),
}
ODD_BODIES = {
    "spaces": b' {\r\n "model" : "smollm2:135m",\t"stream" : true, "prompt":"?" \n}\n\n',
    "a brace in a text": ASKED.replace(b'"?"', b'"}\\"}{"'),
    "asked not to": ASKED[:-1] + b',"stream_options":{"include_usage":false}}',
    "asked for nothing": ASKED[:-1] + b',"stream_options":null}',
    "bytes of all sorts": ASKED.replace(b'"?"', '"caf\u00e9 \U0001f600"'.encode()),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and whether counts can be asked for in it."""

    name: str
    path: str
    body: bytes = ASKED
    lines: tuple[str, ...] = ()
    model: Model = field(default_factory=Model)
    faults: Faults = field(default_factory=Faults)
    is_asked: bool = True


def cases() -> Iterator[Case]:
    """Both routes with all kinds of output, faults and bodies; and what is left alone."""
    for path in STREAMS:
        for name, model in MODELS.items():
            yield Case(f"{path}: {name}", path, model=model)
        for name, faults in FAULTS.items():
            yield Case(f"{path}: {name}", path, faults=faults)
        for name, body in ODD_BODIES.items():
            yield Case(f"{path}: {name}", path, body)
        for name, body in UNTOUCHED.items():
            yield Case(f"{path}: {name}", path, body, is_asked=False)
        gzip = ("Content-Encoding: gzip",)
        yield Case(f"{path}: packed", path, b"\x1f\x8b", gzip, is_asked=False)
    for path in ("/v1/responses", "/v1/messages", "/api/chat"):
        yield Case(path, path, is_asked=False)


@dataclass(slots=True)
class Twins:
    """The same fake twice; the second has the proxy before it."""

    fakes: tuple[FakeOllama, FakeOllama]
    servers: tuple[ScriptedServer, ScriptedServer]
    proxy: RunningProxy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twins() -> AsyncIterator[Twins]:
    fakes = FakeOllama(), FakeOllama()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(ScriptedServer(fakes[0]))
        second = await stack.enter_async_context(ScriptedServer(fakes[1]))
        proxy = await stack.enter_async_context(running_proxy(second.url, inject_usage=True))
        yield Twins(fakes, (first, second), proxy)


async def answer(url: str, case: Case) -> tuple[int, str | None, bytes, str]:
    """Status, type, payload and how it ended."""
    async with await RawClient.connect(url) as client:
        await client.request("POST", case.path, case.body, *case.lines)
        head = await client.head()
        kind, pieces = head.get("content-type"), []
        if head.get("transfer-encoding") != "chunked":
            return head.status, kind, await client.body(head), "whole"
        try:
            while piece := await client.chunk():
                pieces.append(piece)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return head.status, kind, b"".join(pieces), "broken"
        return head.status, kind, b"".join(pieces), "whole"


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
async def test_a_client_never_sees_that_counts_were_asked_for(twins: Twins, case: Case) -> None:
    for fake in twins.fakes:
        fake.model, fake.faults = case.model, case.faults
    direct = await answer(twins.servers[0].url, case)
    assert await answer(twins.proxy.url, case) == direct
    received = twins.servers[1].calls[-1].body
    if case.is_asked:
        assert json.loads(received)["stream_options"] == {"include_usage": True}
        assert {**json.loads(received), "stream_options": 0} == {
            **json.loads(case.body),
            "stream_options": 0,
        }
    else:
        assert received == case.body


async def test_the_counts_are_counted() -> None:
    fake = FakeOllama(Model(output_tokens=4, prompt_tokens=9, cached_tokens=2))
    async with (
        ScriptedServer(fake) as ollama,
        running_proxy(ollama.url, inject_usage=True) as proxy,
    ):
        for path in STREAMS:
            await answer(proxy.url, Case("", path))
        assert await proxy.value("ollama_proxy_prompt_tokens_total") == 18
        assert await proxy.value("ollama_proxy_generated_tokens_total") == 8
        assert await proxy.value("ollama_proxy_cached_prompt_tokens_total") == 4
        assert await proxy.value("ollama_proxy_usage_missing_total") == 0


async def test_an_event_passes_before_the_next_is_sent() -> None:
    release = asyncio.Event()
    counts = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'

    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", [(b"Content-Type", b"text/event-stream"), CHUNKED])
        await call.chunk(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
        await release.wait()  # set only once the client has the first event in its hands
        await call.chunk(b'data: {"choices":[{"delta":{"content":"b"}}]}\n\n' + counts[:20])
        await call.chunk(counts[20:] + b"data: [DONE]\n\n")
        await call.last_chunk()

    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, inject_usage=True) as proxy,
        await RawClient.connect(proxy.url) as client,
    ):
        await client.request("POST", STREAMS[0], ASKED)
        head = await client.head()
        async with asyncio.timeout(5):
            assert await client.chunk() == b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
        release.set()
        rest = await client.body(head)
    assert rest == b'data: {"choices":[{"delta":{"content":"b"}}]}\n\ndata: [DONE]\n\n'
