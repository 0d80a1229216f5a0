"""An Ollama that answers when it is told to, behind a proxy whose requests wait for their turn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from tests.clients import Head, RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.routes import route_of
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy, running_proxy

MODEL = "smollm2:135m"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Why?"}]}
WITHIN_SECONDS = 10
_WORK = frozenset(
    {
        *("/api/chat", "/api/generate", "/api/embed", "/api/embeddings"),
        *("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"),
        "/v1/messages",
    }
)


class Upstream:
    """A script: models work when `go` says so; everything else is answered at once."""

    def __init__(self, otherwise: FakeOllama | None = None) -> None:
        self.otherwise = otherwise or FakeOllama()
        self.calls: list[Call] = []
        """Those for whom a model is to work, in the order in which they came."""
        self.at_once = 0
        self.most_at_once = 0
        self._may_go: list[asyncio.Event] = []
        self._came = asyncio.Event()

    async def __call__(self, call: Call) -> None:
        """Answer one request."""
        if route_of(call.target)[0] not in _WORK:
            await self.otherwise(call)
            return
        await call.is_read.wait()
        may_go = asyncio.Event()
        self.calls.append(call)
        self._may_go.append(may_go)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self._came.set()
        try:
            ends = [asyncio.ensure_future(event.wait()) for event in (may_go, call.peer_gone)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
            if may_go.is_set():
                await self.otherwise(call)
        finally:
            self.at_once -= 1

    def go(self, number: int) -> None:
        """Let the work of the `number`-th request be done, from 1."""
        self._may_go[number - 1].set()

    async def nth(self, number: int) -> Call:
        """Wait until so many have come; the last of them."""
        async with asyncio.timeout(WITHIN_SECONDS):
            while len(self.calls) < number:
                self._came.clear()
                await self._came.wait()
        return self.calls[number - 1]

    async def go_through(self, count: int) -> None:
        """Let so many, one after the other, be done."""
        for number in range(1, count + 1):
            await self.nth(number)
            self.go(number)


@contextlib.asynccontextmanager
async def queueing(
    upstream: Upstream | None = None, **settings: Any
) -> AsyncIterator[tuple[RunningProxy, Upstream]]:
    """A proxy with a queue, before an upstream that waits to be told."""
    script = upstream or Upstream()
    told: dict[str, Any] = {"queue": True, "queue_client_header": "X-Client", **settings}
    async with ScriptedServer(script) as ollama, proxied(ollama.url, **told) as proxy:
        yield proxy, script


@contextlib.asynccontextmanager
async def proxied(
    url: str, outlive_it: bool = False, **settings: Any
) -> AsyncIterator[RunningProxy]:
    """A proxy whose clients are closed at its end; or, where they are to outlive it, after that."""
    async with contextlib.AsyncExitStack() as after:
        async with running_proxy(url, **settings) as proxy:
            clients: list[RawClient] = []
            _clients[proxy.url] = clients
            after.callback(_clients.pop, proxy.url)
            try:
                yield proxy
            finally:
                for client in [] if outlive_it else clients:
                    client.close()
        for client in clients:
            client.close()


_clients: dict[str, list[RawClient]] = {}


async def asking(
    proxy: RunningProxy,
    *headers: str,
    path: str = "/api/chat",
    body: Mapping[str, object] | bytes = CHAT,
) -> RawClient:
    """A client that has asked."""
    client = await connecting(proxy)
    await client.request("POST", path, body, *headers)
    return client


async def connecting(proxy: RunningProxy) -> RawClient:
    """A client that has connected."""
    client = await RawClient.connect(proxy.url)
    _clients[proxy.url].append(client)
    return client


async def answered(client: RawClient, within_seconds: float = WITHIN_SECONDS) -> tuple[Head, bytes]:
    """What a client was answered, to the end."""
    async with asyncio.timeout(within_seconds):
        head = await client.head()
        return head, await client.body(head)


async def in_flight(proxy: RunningProxy) -> list[dict[str, Any]]:
    """The live table."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{proxy.control_url}/api/inflight") as answer,
    ):
        found: list[dict[str, Any]] = (await answer.json())["requests"]
        return found


async def queued(proxy: RunningProxy, count: int) -> list[dict[str, Any]]:
    """Wait until so many wait for their turn; they, as the live table has them."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while True:
            found = [one for one in await in_flight(proxy) if one["phase"] == "queued"]
            if len(found) == count:
                return found
            await asyncio.sleep(0.005)


async def counted(proxy: RunningProxy, count: float, name: str, **labels: str) -> None:
    """Wait until a metric has come to a value."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while (found := await proxy.value(name, **labels)) != count:
            assert found < count, f"{name}{labels} is {found}"
            await asyncio.sleep(0.01)


async def drained(proxy: RunningProxy) -> None:
    """Wait until nobody waits and no slot is taken: nothing was lost."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while await proxy.value("ollama_proxy_active_requests"):
            await asyncio.sleep(0.01)
    assert await proxy.value("ollama_proxy_queue_waiting_requests") == 0
    assert await proxy.value("ollama_proxy_queue_slots_in_use") == 0
    assert await proxy.value("ollama_proxy_queue_waiting_size_bytes") == 0
