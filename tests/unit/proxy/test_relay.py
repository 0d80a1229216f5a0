"""The relay on paper: a clock that is moved by hand, an upstream and a client of objects."""

from collections.abc import AsyncIterator, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry

from ollama_observe.metrics import catalogue as m
from proxy.connections import SCOPE_KEY
from proxy.headers import Headers
from proxy.labels import ModelLabels
from proxy.metrics import ProxyMetrics
from proxy.relay import Relay
from proxy.upstream import OutboundRequest

LINES = (
    b'{"model":"m","message":{"content":"a"}}\n',
    b'{"model":"m","message":{"content":"b"}}\n',
    b'{"model":"m","message":{"content":""},"done":true,"done_reason":"stop","eval_count":2}\n',
)


class World:
    """A clock, an upstream that answers, and a client that is slow to take."""

    address = "http://paper"

    def __init__(self) -> None:
        self.now = 0.0
        self.story: list[str] = []
        self.status = 200
        self.headers: Headers = [(b"content-type", b"application/x-ndjson")]
        self.when_gone = None

    async def open(self, request: OutboundRequest) -> "World":
        self.now += 1.0  # queue, load and prefill
        self.story.append(f"open {request.method} {request.target}")
        return self

    async def chunks(self) -> AsyncIterator[bytes]:
        for number, line in enumerate(LINES):
            self.now += 0.25
            self.story.append(f"read {number}")
            yield line

    def close(self) -> None:
        self.story.append("close")

    async def receive(self) -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b'{"model":"m"}', "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.now += 100.0  # a client that takes its time
        self.story.append("sent " + message["type"].removeprefix("http.response."))


async def test_each_chunk_is_sent_before_the_next_is_read_and_the_client_is_on_no_clock() -> None:
    world = World()
    metrics = ProxyMetrics(CollectorRegistry())
    relay = Relay(world, metrics, ModelLabels(5, lambda: None), lambda: world.now)  # type: ignore[arg-type]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/chat",
        "raw_target": b"/api/chat?x",
        "headers": [],
        "extensions": {SCOPE_KEY: world},
    }
    await relay(scope, world.receive, world.send)
    assert world.story == [
        "open POST /api/chat?x",
        "sent start",
        *("read 0", "sent body", "read 1", "sent body", "read 2", "sent body"),
        "sent body",
        "close",
    ]
    labels = {"model": "m:latest", "routing": "direct"}
    # 1 s to the headers, 100 s in which the client took them, 0.25 s to the first chunk
    assert metrics.registry.get_sample_value(f"{m.TTFT.name}_sum", labels) == 101.25
    # the second chunk came 0.25 s after the client had taken the first
    assert metrics.registry.get_sample_value(f"{m.MAX_GAP.name}_sum", labels) == 100.25
