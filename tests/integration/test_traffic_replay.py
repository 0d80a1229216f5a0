"""The log of a real proxy can be replayed: what it says of requests is what they were."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.processes import proxy_process
from traffic.plan.trace import TracedRequest, read_trace

MODEL = "smollm2:135m"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Name a river."}]}
OPENAI = CHAT | {"stream": True, "stream_options": {"include_usage": True}}
GAP_SECONDS = 0.3


async def ask(url: str, path: str, body: dict[str, Any]) -> None:
    async with await RawClient.connect(url) as client:
        await client.request("POST", path, body)
        await client.body(await client.head())


async def recorded() -> str:
    """A log: two chats at once, a third after them, and much that is no request for tokens."""
    async with (
        ScriptedServer(FakeOllama(faults=Faults(ttft_seconds=0.2))) as ollama,
        proxy_process(ollama.url, PROXY_LOG_FORMAT="json") as proxy,
    ):
        await proxy.until_ready()
        await ask(proxy.url, "/api/generate", {"model": MODEL})  # loads it
        await asyncio.gather(*(ask(proxy.url, "/api/chat", CHAT) for _ in range(2)))
        await asyncio.sleep(GAP_SECONDS)  # what is recorded is time
        await ask(proxy.url, "/v1/chat/completions", OPENAI)
        await ask(proxy.url, "/api/embed", {"model": MODEL, "input": "river"})
        await ask(proxy.url, "/api/chat", CHAT | {"model": "missing:1b"})
        await ask(proxy.url, "/api/show", {"model": MODEL})
        proxy.child.send_signal(signal.SIGTERM)
        return await proxy.ended()


def read(directory: Path, log: str) -> tuple[TracedRequest, ...]:
    path = directory / "proxy.log"
    path.write_text(log, encoding="utf-8")
    return read_trace(path)


async def test_a_proxys_log_is_read_for_the_requests_that_brought_tokens(tmp_path: Path) -> None:
    log = await recorded()
    finished = [line for line in map(json.loads, log.splitlines()) if "outcome" in line]
    assert len(finished) == 7
    requests = read(tmp_path, log)
    assert [request.model for request in requests] == [MODEL] * 3
    assert {request.generated_tokens for request in requests} == {12}
    assert all((request.prompt_tokens or 0) > 0 for request in requests)


async def test_requests_of_a_proxys_log_come_when_they_began(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, await recorded())
    assert first.at_seconds == 0
    assert second.at_seconds == pytest.approx(0, abs=0.15), "side by side, although both took long"
    # after the first two, which took longer than their first token, and the gap
    assert 0.2 + GAP_SECONDS < third.at_seconds < 5
