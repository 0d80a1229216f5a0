"""The log of a real proxy can be replayed: what it says of requests is what they were."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.processes import proxy_process
from traffic.plan.trace import read_trace

MODEL, OTHER = "smollm2:135m", "other:1b"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Name a river."}]}
OPENAI = CHAT | {"stream": True, "stream_options": {"include_usage": True}}
GAP_SECONDS = 0.3
LOGGED_SECONDS = 0.1
"""What may lie between a request's end and its line."""


class Holding:
    """An Ollama that begins the first answer when it is told to."""

    def __init__(self) -> None:
        self.fake = FakeOllama(models={OTHER: Model(OTHER)})
        self.came, self.released = asyncio.Event(), asyncio.Event()

    async def __call__(self, call: Call) -> None:
        if call.target == "/api/chat" and not self.came.is_set():
            self.came.set()
            await self.released.wait()
        await self.fake(call)


async def ask(url: str, path: str, body: dict[str, Any]) -> None:
    async with await RawClient.connect(url) as client:
        await client.request("POST", path, body)
        await client.body(await client.head())


async def recorded() -> tuple[str, float, float]:
    """A log: a chat within the time of another, a third after them, and much that is no request
    for tokens; then the least and the most that the third can have begun after the first.
    """
    ollama = Holding()
    async with (
        ScriptedServer(ollama) as server,
        proxy_process(server.url, PROXY_LOG_FORMAT="json") as proxy,
    ):
        await proxy.until_ready()
        await ask(proxy.url, "/api/generate", {"model": MODEL})  # loads it
        before_first = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(ask(proxy.url, "/api/chat", CHAT))
            await ollama.came.wait()
            first_came = time.perf_counter()
            await asyncio.sleep(GAP_SECONDS)  # what is recorded is time
            await ask(proxy.url, "/api/chat", CHAT | {"model": OTHER})
            ollama.released.set()
        await asyncio.sleep(GAP_SECONDS)
        before_third = time.perf_counter()
        await ask(proxy.url, "/v1/chat/completions", OPENAI)
        most = time.perf_counter() - before_first
        await ask(proxy.url, "/api/embed", {"model": MODEL, "input": "river"})
        await ask(proxy.url, "/api/chat", CHAT | {"model": "missing:1b"})
        await ask(proxy.url, "/api/show", {"model": MODEL})
        proxy.child.send_signal(signal.SIGTERM)
        return await proxy.ended(), before_third - first_came, most


async def test_the_requests_of_a_proxys_log_that_brought_tokens_come_when_they_began(
    tmp_path: Path,
) -> None:
    log, least, most = await recorded()
    finished = [line for line in map(json.loads, log.splitlines()) if "outcome" in line]
    assert [line["model"] for line in finished[1:4]] == [OTHER, MODEL, MODEL], "as they ended"
    assert len(finished) == 7
    path = tmp_path / "proxy.log"
    path.write_text(log, encoding="utf-8")
    first, second, third = requests = read_trace(path)
    assert [request.model for request in requests] == [MODEL, OTHER, MODEL]
    assert {request.generated_tokens for request in requests} == {12}
    assert all((request.prompt_tokens or 0) > 0 for request in requests)
    assert 0 == first.at_seconds < second.at_seconds < third.at_seconds
    assert least - LOGGED_SECONDS < third.at_seconds < most + LOGGED_SECONDS
