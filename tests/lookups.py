"""Requests of every route, and what a proxy's answer cache says of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.clients import Head, RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, Script, ScriptedServer
from tests.servers import RunningProxy, running_proxy

MODEL = "smollm2:135m"
_MESSAGES = [{"role": "user", "content": "Why is the sky blue?"}]
REQUESTS: dict[str, tuple[str, Mapping[str, object]]] = {
    "chat": ("/api/chat", {"model": MODEL, "messages": _MESSAGES}),
    "chat-unary": ("/api/chat", {"model": MODEL, "messages": _MESSAGES, "stream": False}),
    "generate": ("/api/generate", {"model": MODEL, "prompt": "Why?"}),
    "generate-unary": ("/api/generate", {"model": MODEL, "prompt": "Why?", "stream": False}),
    "embed": ("/api/embed", {"model": MODEL, "input": "Why?"}),
    "embeddings": ("/api/embeddings", {"model": MODEL, "prompt": "Why?"}),
    "openai-chat": (
        "/v1/chat/completions",
        {"model": MODEL, "messages": _MESSAGES, "stream": True},
    ),
    "openai-chat-unary": ("/v1/chat/completions", {"model": MODEL, "messages": _MESSAGES}),
    "openai-completion": ("/v1/completions", {"model": MODEL, "prompt": "Why?", "stream": True}),
    "openai-embeddings": ("/v1/embeddings", {"model": MODEL, "input": "Why?"}),
    "responses": ("/v1/responses", {"model": MODEL, "input": "Why?", "stream": True}),
    "responses-unary": ("/v1/responses", {"model": MODEL, "input": "Why?"}),
    "messages": (
        "/v1/messages",
        {"model": MODEL, "messages": _MESSAGES, "max_tokens": 64, "stream": True},
    ),
    "messages-unary": ("/v1/messages", {"model": MODEL, "messages": _MESSAGES, "max_tokens": 64}),
}
CHAT = REQUESTS["chat"]


async def answer(
    proxy: RunningProxy, request: tuple[str, Mapping[str, object]], *headers: str
) -> tuple[Head, bytes]:
    """The head, and every byte of the body as it came over the wire."""
    client = await RawClient.connect(proxy.url)
    try:
        await client.request("POST", *request, "Connection: close", *headers)
        head = await client.head()
        return head, await client.rest()
    finally:
        client.close()


def asked(ollama: ScriptedServer, path: str) -> int:
    """How often the upstream was asked for a route."""
    return sum(call.target == path for call in ollama.calls)


async def looked(proxy: RunningProxy, result: str, count: int = 1) -> None:
    """Wait until so many looks have ended this way."""
    async with asyncio.timeout(5):
        while await proxy.value("ollama_proxy_cache_lookups_total", result=result) < count:
            await asyncio.sleep(0.01)


async def stored(proxy: RunningProxy, count: int = 1) -> None:
    """Wait until so many answers are kept."""
    async with asyncio.timeout(5):
        while await proxy.value("ollama_proxy_cache_stored_total") < count:
            await asyncio.sleep(0.01)


async def looking(proxy: RunningProxy, count: int, result: str = "miss") -> None:
    """Wait until so many have looked, and go on or wait by what that brought."""
    name = "ollama_proxy_cache_lookup_duration_seconds_count"
    async with asyncio.timeout(5):
        while await proxy.value(name, result=result) < count:
            await asyncio.sleep(0.01)


def status_of(head: Head) -> str | None:
    """What the answer says of the cache."""
    return head.get("x-portkey-cache-status")


LINE = b'{"model":"smollm2:135m","message":{"role":"assistant","content":"%s"},"done":false}\n'
END = (
    b'{"model":"smollm2:135m","message":{"role":"assistant","content":""},"done":true,'
    b'"done_reason":"stop","prompt_eval_count":9,"eval_count":4}\n'
)


class StepByStep:
    """An upstream whose chat answers go on when they are told to: the head, a part, the end.

    What is not asked here is answered as `otherwise` does.
    """

    def __init__(self, otherwise: Script) -> None:
        self._otherwise = otherwise
        self.may_begin = asyncio.Event()
        self.parts: asyncio.Queue[bytes] = asyncio.Queue()
        self.chats: list[Call] = []
        self.came = asyncio.Event()

    async def __call__(self, call: Call) -> None:
        """Answer one request."""
        await call.is_read.wait()
        if call.target.partition("?")[0] != CHAT[0]:
            await self._otherwise(call)
            return
        self.chats.append(call)
        self.came.set()
        await self.may_begin.wait()
        kind = (b"Content-Type", b"application/x-ndjson")
        await call.head("200 OK", [kind, (b"Transfer-Encoding", b"chunked")])
        while part := await self.parts.get():
            await call.chunk(part)
        await call.last_chunk()

    def begin(self) -> None:
        """Let the head go, with a first part."""
        self.may_begin.set()
        self.say(b"first")

    def say(self, text: bytes) -> None:
        """A part."""
        self.parts.put_nowait(LINE % text)

    def end(self) -> None:
        """The last part, and the end."""
        self.parts.put_nowait(END)
        self.parts.put_nowait(b"")


@contextlib.asynccontextmanager
async def stepping(**settings: Any) -> AsyncIterator[tuple[RunningProxy, StepByStep]]:
    """A proxy that lets requests share an answer, before an upstream that waits to be told."""
    script = StepByStep(FakeOllama())
    told: dict[str, Any] = {"cache": "simple", "cache_share_in_flight": True, **settings}
    async with ScriptedServer(script) as ollama, running_proxy(ollama.url, **told) as proxy:
        yield proxy, script
