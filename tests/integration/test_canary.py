"""What clients say is found nowhere: no log, label, metric, feed, health report.

A string goes into everything that a client or an upstream can write, in every dialect, while a
proxy of its own process logs all that it can; also where nothing can be read or nobody answers.
"""

import asyncio
import base64
import json
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import pytest_asyncio

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.processes import ProxyProcess, proxy_process

CANARY = "Canary-5f3a9c"
MODEL = "smollm2:135m"
LABEL = CANARY.lower() + ":latest"
SHORT_FORMS = (CANARY, CANARY.lower(), CANARY.upper())
# Encoded, it would be as readable.
FORMS = (*SHORT_FORMS, quote(CANARY), base64.b64encode(CANARY.encode()).decode().rstrip("="))
HEADERS = (
    f"Authorization: Bearer {CANARY}",
    f"X-Api-Key: {CANARY}",
    f"Cookie: session={CANARY}",
    f"User-Agent: {CANARY}/1.0",
    f"X-{CANARY}: {CANARY}",
    f"Referer: http://x/{CANARY}",
    f"X-Forwarded-For: {CANARY}",
    f"traceparent: 00-{CANARY}-01",
)
SAID: dict[str, object] = {
    "prompt": CANARY,
    "system": CANARY,
    "suffix": CANARY,
    "template": CANARY,
    "input": CANARY,
    "instructions": CANARY,
    "messages": [{"role": "user", "content": CANARY}],
    "tools": [{"type": "function", "function": {"name": CANARY, "parameters": {}}}],
    "options": {CANARY: CANARY, "stop": [CANARY]},
    "format": CANARY,
    "images": [base64.b64encode(CANARY.encode()).decode()],
    "max_tokens": 99,
    "metadata": {"user_id": CANARY},
    "user": CANARY,
    CANARY: CANARY,
}
INFERRED = (
    "/api/generate",
    "/api/chat",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/messages",
)
OTHERS = ("/api/embed", "/api/embeddings", "/v1/embeddings", "/api/show", "/api/pull", "/api/push")
MOVED = ("/api/create", "/api/copy", "/api/me", "/api/experimental/web_search")
FORM = (
    f'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n{CANARY}\r\n'
    f'--x\r\nContent-Disposition: form-data; name="file"; filename="{CANARY}"\r\n\r\n{CANARY}\r\n'
    "--x--\r\n"
).encode()


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sends."""

    method: str
    target: str
    body: bytes = b""
    lines: tuple[str, ...] = ("Content-Type: application/json",)


def requests() -> Iterator[Request]:
    """The canary in every place of every route."""
    for model in (MODEL, CANARY):
        for path in (*INFERRED, *OTHERS, *MOVED):
            for stream in (True, False):
                body = json.dumps({**SAID, "model": model, "stream": stream}).encode()
                yield Request("POST", f"{path}?key={CANARY}#{CANARY}", body)
    for path in INFERRED:
        yield Request("POST", path, f'{{"model":"{CANARY}", {CANARY}'.encode())
        yield Request("POST", path, CANARY.encode(), (f"Content-Encoding: {CANARY}",))
        yield Request("POST", path, CANARY.encode(), ("Content-Encoding: zstd",))
        yield Request("POST", path, b"", (f"Content-Type: {CANARY}",))
    yield Request("POST", "/v1/audio/transcriptions", FORM, MULTIPART)
    yield Request("DELETE", f"/api/user/keys/{CANARY}")
    yield Request("DELETE", "/api/delete", json.dumps({"model": CANARY}).encode())
    yield Request("GET", f"/v1/models/{CANARY}")
    yield Request("POST", f"/api/blobs/sha256:{CANARY}", CANARY.encode())
    yield Request("POST", f"/api/blobs/sha256:{CANARY}", CANARY.encode(), (f"Expect: {CANARY}",))
    yield Request(CANARY.upper(), f"/{CANARY}")
    yield Request("GET", f"/api/{CANARY}/../%00{CANARY}")
    yield Request("GET", "/api/tags", b"", (f"Host: {CANARY}.example",))
    yield Request("GET", "/api/tags", b"", (f"X-Request-Id: {CANARY} {CANARY}",))


MULTIPART = ("Content-Type: multipart/form-data; boundary=x",)
MALFORMED = (
    f"GET /{CANARY} HTTP/9.9\r\n\r\n",
    f"{CANARY}\r\n\r\n",
    f"GET / HTTP/1.1\r\n{CANARY}\r\n\r\n",
    f"GET / HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n",
    f"POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n",
    f"CONNECT {CANARY}:1 HTTP/1.1\r\n\r\n",
    f"GET /{CANARY} HTTP/1.1\r\nX: " + CANARY * 40_000,
)


async def echo(call: Call) -> None:
    """An upstream that says the canary wherever it can, and nothing that makes sense."""
    await call.is_read.wait()
    said = CANARY.encode()
    headers = [(b"X-" + said, said), (b"Content-Type", b"application/x-ndjson; x=" + said)]
    lines = (
        b'{"error":"%s"}\n' % said,
        b'{"model":"%s","done":true,"done_reason":"%s"}\n' % (said, said),
        b'data: {"model":"%s","choices":[{"finish_reason":"%s"}]}\n\n' % (said, said),
        said,
    )
    await call.answer(f"200 {CANARY}", headers, b"".join(lines))


async def no_http(call: Call) -> None:
    """An upstream that answers no HTTP."""
    await call.send(f"{CANARY} {CANARY}\r\n\r\n".encode())
    call.close()


async def ask_all(url: str) -> int:
    """Send all of it; how many requests that were."""
    count = 0
    for request in requests():
        async with await RawClient.connect(url) as client:
            lines = (*request.lines, *HEADERS)
            await client.request(request.method, request.target, request.body, *lines)
            await client.head()
        count += 1
    for text in MALFORMED:
        async with await RawClient.connect(url) as client:
            await client.send(text.encode())
            await client.head()
        count += 1
    return count


class Watched:
    """A proxy, and all that it has said of itself."""

    def __init__(self, proxy: ProxyProcess) -> None:
        self.proxy = proxy
        self.said = ""

    async def listen(self) -> None:
        """Take down what the control port tells: metrics in both forms, feeds, health."""
        base = f"http://127.0.0.1:{self.proxy.control_port}"
        openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
        async with aiohttp.ClientSession(base) as session:
            for path in ("/metrics", "/health", "/ready", "/api/inflight"):
                for headers in ({}, openmetrics):
                    async with session.get(path, headers=headers) as answer:
                        self.said += str(answer.headers) + await answer.text()
            async with session.get("/api/inflight/stream") as answer:
                self.said += (await answer.content.readline()).decode()

    async def metrics(self) -> str:
        """The exposition alone."""
        return (await self.proxy.get("/metrics"))[1]

    async def ended(self) -> str:
        """Stop the proxy; all that it has said, its log included."""
        self.proxy.child.send_signal(signal.SIGTERM)
        return self.said + await self.proxy.ended()


@pytest_asyncio.fixture
async def watched() -> AsyncIterator[tuple[ScriptedServer, Watched]]:
    fake = FakeOllama(Model(name=MODEL, output_tokens=3))
    fake.library.names.append(CANARY)
    async with (
        ScriptedServer(fake) as upstream,
        proxy_process(
            upstream.url, PROXY_LOG_LEVEL="debug", PROXY_USER_HEADER="X-Api-Key"
        ) as proxy,
    ):
        await proxy.until_ready()
        yield upstream, Watched(proxy)


def found_in(text: str, forms: tuple[str, ...] = FORMS) -> list[str]:
    """The lines that hold the canary."""
    return [line for line in text.splitlines() if any(form in line for form in forms)]


async def test_what_clients_say_is_found_nowhere(
    watched: tuple[ScriptedServer, Watched],
) -> None:
    """But for a model's name, which is a label once the upstream has answered for it."""
    upstream, proxy = watched
    known = upstream.script
    assert isinstance(known, FakeOllama)
    known.library.names.remove(CANARY)
    known.library.registry = set()
    count = await ask_all(proxy.proxy.url)
    await proxy.listen()
    known.faults = Faults(error_after=1)
    count += await ask_all(proxy.proxy.url)
    upstream.script = no_http
    count += await ask_all(proxy.proxy.url)
    await upstream.stop()
    count += await ask_all(proxy.proxy.url)
    await proxy.listen()
    said = await proxy.ended()
    assert said.count('"request_finished"') == count
    assert found_in(said) == []


async def test_a_model_that_exists_is_a_label_and_nothing_else(
    watched: tuple[ScriptedServer, Watched],
) -> None:
    _, proxy = watched
    await ask_all(proxy.proxy.url)
    await proxy.listen()
    assert f'model="{LABEL}"' in await proxy.metrics()
    assert found_in((await proxy.ended()).replace(LABEL, "")) == []


async def test_what_an_upstream_says_is_found_nowhere(
    watched: tuple[ScriptedServer, Watched],
) -> None:
    """Its model names are believed; its errors, reasons and headers are not repeated."""
    upstream, proxy = watched
    upstream.script = echo
    await ask_all(proxy.proxy.url)
    await proxy.listen()
    assert found_in((await proxy.ended()).replace(LABEL, "")) == []


async def test_what_is_in_flight_is_shown_without_what_was_said(
    watched: tuple[ScriptedServer, Watched],
) -> None:
    upstream, proxy = watched
    known = upstream.script
    assert isinstance(known, FakeOllama)
    known.faults = Faults(hang_after=1)
    clients = []
    for path in INFERRED:
        client = await RawClient.connect(proxy.proxy.url)
        body = json.dumps({**SAID, "model": MODEL, "stream": True}).encode()
        await client.request("POST", f"{path}?{CANARY}", body, *HEADERS)
        await client.head()
        clients.append(client)
    async with asyncio.timeout(5):
        while (table := json.loads((await proxy.proxy.get("/api/inflight"))[1]))["count"] < 6:
            await asyncio.sleep(0.02)
    await proxy.listen()
    for client in clients:
        client.close()
    said = await proxy.ended()
    assert {row["endpoint"] for row in table["requests"]} == set(INFERRED)
    assert {row["model"] for row in table["requests"]} == {MODEL}
    assert found_in(said) == []
