"""Every route of Ollama, streamed and not, well and with faults.

One fake has the proxy before it, its twin has not.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
import zstandard

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.messages import HOP_BY_HOP
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = ("Content-Type: application/json",)
ASKED: dict[str, dict[str, object]] = {
    "/api/generate": {"prompt": "Why?"},
    "/api/chat": {"messages": [{"role": "user", "content": "Why?"}]},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Why?"}]},
    "/v1/completions": {"prompt": "Why?"},
    "/v1/responses": {"input": "Why?"},
    "/v1/messages": {"messages": [{"role": "user", "content": "Why?"}], "max_tokens": 99},
}
MOVED = ("/api/pull", "/api/push", "/api/create")
MODELS = {
    "text": Model(output_tokens=4),
    "thinking": Model(output_tokens=5, thinking_tokens=3, cached_tokens=9),
    "a tool call": Model(output_tokens=3, calls_tool=True),
    "no output": Model(output_tokens=0),
}
FAULTS = {
    "an error inside": Faults(error_after=2),
    "no end marker": Faults(end_without_done_after=2),
    "a reset": Faults(drop_after=2),
    "no JSON": Faults(malformed_after=1),
    "400": Faults(status=400),
    "429": Faults(status=429),
    "499": Faults(status=499),
    "500": Faults(status=500),
    "503": Faults(status=503),
    "slow": Faults(queue_seconds=0.02, ttft_seconds=0.02, tokens_per_second=100),
}
MULTIPART = ("Content-Type: multipart/form-data; boundary=x",)
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\x00\xff\r\n'
    b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nsmollm2:135m\r\n--x--\r\n'
)


@dataclass(frozen=True, slots=True)
class Case:
    """A request to a fake that answers as told."""

    name: str
    method: str
    target: str
    body: bytes = b""
    lines: tuple[str, ...] = JSON
    model: Model = field(default_factory=lambda: MODELS["text"])
    faults: Faults = field(default_factory=Faults)


def inferences() -> Iterator[Case]:
    """Each route with a model, streamed and not, for each kind of output and each fault."""
    for path, said in ASKED.items():
        for stream in (True, False):
            asked: dict[str, object] = {"model": "smollm2:135m", "stream": stream, **said}
            body = json.dumps(asked).encode()
            how = f"{path} {'streamed' if stream else 'whole'}"
            for name, model in MODELS.items():
                yield Case(f"{how}: {name}", "POST", path, body, model=model)
            for name, faults in FAULTS.items():
                yield Case(f"{how}: {name}", "POST", path, body, faults=faults)
        counted = {**asked, "stream": True, "stream_options": {"include_usage": True}}
        yield Case(f"{path} with usage", "POST", path, json.dumps(counted).encode())
        yield Case(f"{path} of no model", "POST", path, b'{"model":"none:1b"}')
        yield Case(f"{path} of nothing", "POST", path, b"")
        yield Case(f"{path} of no JSON", "POST", path, b'{"model": ')


def transfers() -> Iterator[Case]:
    """Progress, live."""
    for path in MOVED:
        for name, faults in {"well": Faults(), **FAULTS}.items():
            if faults.status == 200:
                yield Case(
                    f"{path}: {name}", "POST", path, b'{"model":"x","from":"y"}', faults=faults
                )
        yield Case(f"{path}: whole", "POST", path, b'{"model":"x","from":"y","stream":false}')


def posted(path: str, **said: object) -> Case:
    """A request of JSON."""
    return Case(f"{path} {said}", "POST", path, json.dumps(said).encode())


def read(target: str, *lines: str, method: str = "GET") -> Case:
    """A request without a body."""
    return Case(f"{method} {target} {' '.join(lines)}", method, target, lines=lines)


PROBED = ("/", "/api/version", "/api/tags")
LISTED = (
    "/api/ps",
    "/api/status",
    "/api/experimental/model-recommendations",
    "/v1/models",
    "/v1/models/smollm2:135m",
    "/v1/models/none%2Fx:1b",
    "/api/nothing",
    "/api/chat",
)
BLOB = bytes(range(256)) * 4096
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
ORIGIN = "Origin: http://localhost:3000"
PACKED = zstandard.ZstdCompressor().compress(b'{"model":"smollm2:135m","messages":[1]}')
CASES = [
    *inferences(),
    *transfers(),
    posted("/api/generate", model="smollm2:135m"),
    posted("/api/generate", model="smollm2:135m", keep_alive=0),
    posted("/api/chat", model="smollm2:135m", messages=[]),
    posted("/api/chat", model="smollm2:135m", messages=[1], options={"num_ctx": 8}),
    posted("/api/chat", model="smollm2:135m", messages=[1], options={"num_ctx": 8}, truncate=False),
    posted("/api/embed", model="smollm2:135m", input=["a", "b"]),
    posted("/api/embeddings", model="smollm2:135m", prompt="a"),
    posted("/v1/embeddings", model="smollm2:135m", input="a"),
    posted("/v1/embeddings", model="smollm2:135m", input="a", encoding_format="base64"),
    posted("/api/show", model="smollm2:135m"),
    posted("/api/show", model="none:1b"),
    posted("/api/copy", source="smollm2:135m", destination="copied"),
    posted("/api/copy", source="none:1b", destination="copied"),
    posted("/api/create", model="x"),
    posted("/api/me"),
    posted("/api/experimental/web_search", query="q"),
    posted("/v1/messages/count_tokens", model="smollm2:135m"),
    Case("a model deleted", "DELETE", "/api/delete", b'{"model":"copied"}'),
    Case("a model that is not there", "DELETE", "/api/delete", b'{"model":"none:1b"}'),
    Case("a key", "DELETE", "/api/user/keys/c2VjcmV0LWtleQ=="),
    Case("a form", "POST", "/v1/audio/transcriptions", FORM, MULTIPART),
    Case("zstd", "POST", "/v1/chat/completions", PACKED, (*JSON, "Content-Encoding: zstd")),
    Case("gzip", "POST", "/v1/chat/completions", b"\x1f\x8b", (*JSON, "Content-Encoding: gzip")),
    Case("a blob", "POST", f"/api/blobs/{DIGEST}", BLOB, ()),
    Case("a blob of another digest", "POST", "/api/blobs/sha256:0", BLOB, ()),
    Case("a blob, awaited", "POST", f"/api/blobs/{DIGEST}", BLOB, ("Expect: 100-continue",)),
    read(f"/api/blobs/{DIGEST}", method="HEAD"),
    read("/api/blobs/sha256:0", method="HEAD"),
    *(read(path, method=method) for path in PROBED for method in ("GET", "HEAD")),
    *(read(path) for path in LISTED),
    read("/api/version", "Host: example.com"),
    read("/api/version", "Host: ollama:11434"),
    read("/api/version", "Host: box.local:1"),
    read("/api/version", ORIGIN),
    read("/api/version", "Origin: https://example.com"),
    read("/api/chat", ORIGIN, "Access-Control-Request-Method: POST", method="OPTIONS"),
    read("/api/chat", "Origin: https://example.com", method="OPTIONS"),
    read("/api/chat", method="OPTIONS"),
]


@dataclass(slots=True)
class Twins:
    """The same fake twice: one with the proxy before it."""

    fakes: tuple[FakeOllama, FakeOllama]
    servers: tuple[ScriptedServer, ScriptedServer]
    proxy: RunningProxy

    def tell(self, model: Model, faults: Faults) -> None:
        """How both are to answer."""
        for fake in self.fakes:
            fake.model, fake.faults = model, faults

    @property
    def urls(self) -> tuple[str, str]:
        """Where the one is reached directly, and the other through the proxy."""
        return self.servers[0].url, self.proxy.url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twins() -> AsyncIterator[Twins]:
    fakes = FakeOllama(), FakeOllama()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(ScriptedServer(fakes[0]))
        second = await stack.enter_async_context(ScriptedServer(fakes[1]))
        proxy = await stack.enter_async_context(running_proxy(second.url))
        yield Twins(fakes, (first, second), proxy)


Answered = tuple[int, list[tuple[str, str]], list[bytes], str]


async def answer(url: str, case: Case) -> Answered:
    """Status, fields, chunks (or the body) and how it ended."""
    async with await RawClient.connect(url) as client:
        await client.request(case.method, case.target, case.body, *case.lines)
        head = await client.head()
        while head.status == 100:
            head = await client.head()
        fields = [(name, value) for name, value in head.headers if end_to_end(name.encode())]
        if case.method == "HEAD" or head.status == 204:
            return head.status, fields, [], "whole"
        if head.get("transfer-encoding") != "chunked":
            return head.status, fields, [await client.body(head)], "whole"
        chunks: list[bytes] = []
        try:
            while piece := await client.chunk():
                chunks.append(piece)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return head.status, fields, chunks, "broken"
        return head.status, fields, chunks, "whole"


def end_to_end(name: bytes) -> bool:
    return name.lower() not in HOP_BY_HOP and name.lower() != b"x-request-id"


def received(call: Call) -> tuple[object, ...]:
    fields = [(name, value) for name, value in call.headers if end_to_end(name)]
    return call.method, call.target, fields, call.body, call.body_bytes, call.trailers


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_route_answers_the_same(twins: Twins, case: Case) -> None:
    twins.tell(case.model, case.faults)
    direct, proxied = [await answer(url, case) for url in twins.urls]
    assert proxied == direct
    calls = [received(server.calls[-1]) for server in twins.servers]
    assert calls[0] == calls[1]


async def test_every_request_was_counted_once(twins: Twins) -> None:
    asked = len(twins.servers[1].calls)
    async with asyncio.timeout(3):
        while await twins.proxy.value("ollama_proxy_requests_total") != asked:
            await asyncio.sleep(0.02)
    assert asked == len(twins.servers[0].calls) >= len(CASES)
    assert await twins.proxy.value("ollama_proxy_active_requests") == 0
