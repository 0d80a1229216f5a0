"""Through a real Portkey gateway: what arrives, what comes back, and what is counted."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from proxy.portkey.passages import TICK_SECONDS
from tests.clients import RawClient
from tests.engines import MODEL, running_engine
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.gateways import RunningGateway, running_gateway
from tests.ports import free_port
from tests.processes import proxy_process
from tests.servers import RunningProxy, running_proxy

NAME = "smollm2:135m"
CHUNKED = (b"Transfer-Encoding", b"chunked")
AT_ONCE_SECONDS = 0.1
MESSAGES = [{"role": "user", "content": "Why is the sky blue?"}]
USAGE = {"include_usage": True}
OPENAI = {"provider": "openai", "api_key": "ollama"}
STREAMS: dict[str, dict[str, Any]] = {
    "/api/chat": {"model": NAME, "messages": MESSAGES},
    "/api/generate": {"model": NAME, "prompt": "Why?"},
    "/v1/chat/completions": {"model": NAME, "messages": MESSAGES, "stream_options": USAGE},
    "/v1/completions": {"model": NAME, "prompt": "Why?", "stream_options": USAGE},
    "/v1/messages": {"model": NAME, "messages": MESSAGES, "max_tokens": 64},
    "/v1/responses": {"model": NAME, "input": "Why?"},
}
UNARY: dict[str, dict[str, Any]] = {
    "/api/embed": {"model": NAME, "input": ["Why?", "Because."]},
    "/api/embeddings": {"model": NAME, "prompt": "Why?"},
    "/v1/embeddings": {"model": NAME, "input": "Why?"},
    "/api/show": {"model": NAME},
}
LISTINGS = ("/", "/api/tags", "/api/ps", "/api/version", "/v1/models", f"/v1/models/{NAME}")
CHATS = list(itertools.product(("/api/chat", "/v1/chat/completions"), (True, False)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[RunningGateway]:
    """One gateway for all that do not hurt it."""
    async with running_gateway() as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady() -> AsyncIterator[RunningGateway]:
    """One that outlives answers which break off, for where no return leg keeps them from it."""
    async with running_gateway(is_steady=True) as gateway:
        yield gateway


Connect = Callable[[str], Awaitable[RawClient]]


@pytest_asyncio.fixture(loop_scope="module")
async def connect() -> AsyncIterator[Connect]:
    """Opens connections, and closes those that a test leaves open."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_one(url: str) -> RawClient:
            return await stack.enter_async_context(await RawClient.connect(url))

        yield open_one


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Through:
    """A proxy before a gateway, asked in one line."""

    def __init__(self, proxy: RunningProxy) -> None:
        self.proxy = proxy

    async def ask(
        self, path: str, body: object = None, method: str = "POST", **headers: str
    ) -> tuple[int, bytes, "dict[str, str]"]:
        """Status, body and headers of one exchange."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.proxy.url + path, data=data, headers=sent) as answer,
        ):
            return answer.status, await answer.read(), dict(answer.headers)

    async def value(self, name: str, **labels: str) -> float:
        """A metric's sum, by its name without what all have in common."""
        return await self.proxy.value(f"ollama_proxy_{name}", **labels)

    async def until(self, wanted: float, name: str, **labels: str) -> None:
        """Wait until a metric has this value."""
        async with asyncio.timeout(5):
            while await self.value(name, **labels) != wanted:
                await asyncio.sleep(0.02)


def config(tmp_path: Path, text: object) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(text))
    return path


def through(gateway: RunningGateway, **more: object) -> dict[str, Any]:
    return {"enable_portkey": True, "portkey_port": gateway.port, **more}


async def outputs(client: RawClient, count: int) -> None:
    """Read so many pieces of a streamed answer: the gateway may put several into one chunk."""
    seen = b""
    while seen.count(b'"content":') < count:
        seen += await client.chunk()


# transparency


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize("streams", [True, False])
async def test_answers_and_counts_are_those_of_the_direct_way(
    gateway: RunningGateway, path: str, streams: bool
) -> None:
    body = {**STREAMS[path], "stream": streams, "seed": 1}
    if not streams:
        body.pop("stream_options", None)
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = Through(proxy)
        answers = [await client.ask(path, body, X_Route=way) for way in ("direct", "portkey")]
        assert answers[0][:2] == answers[1][:2]
        assert answers[0][0] == 200
        direct, behind = ollama.calls
        assert json.loads(direct.body) == json.loads(behind.body)
        for way in ("direct", "portkey"):
            await client.until(1, "requests_total", routing=way, model=NAME, status="200")
            assert await client.value("generated_tokens_total", routing=way) == 12
            assert await client.value("prompt_tokens_total", routing=way) == 15
            assert await client.value("errors_total", routing=way) == 0


async def test_whatever_infers_and_the_listings_go_through_it(gateway: RunningGateway) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = Through(proxy)
        asked = [("POST", path, body) for path, body in UNARY.items()]
        asked += [("GET", path, {}) for path in LISTINGS]
        for number, (method, path, body) in enumerate(asked, 1):
            answers = [
                (await client.ask(path, body or None, method, X_Route=way))[:2]
                for way in ("direct", "portkey")
            ]
            assert answers[0] == answers[1], path
            assert answers[0][0] == 200
            await client.until(number, "requests_total", routing="portkey", status="200")
        assert await client.value("portkey_bypasses_total") == 0


async def test_a_form_goes_through_it(gateway: RunningGateway) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
        aiohttp.ClientSession() as session,
    ):
        form = aiohttp.FormData({"model": NAME})
        form.add_field("file", bytes(range(256)), filename="a.wav", content_type="audio/wav")
        async with session.post(f"{proxy.url}/v1/audio/transcriptions", data=form) as answer:
            assert answer.status == 200
        assert bytes(range(256)) in ollama.calls[0].body
        await Through(proxy).until(1, "requests_total", routing="portkey", model=NAME)


@pytest.mark.parametrize(("megabytes", "way"), [(5, "portkey"), (17, "direct")])
async def test_pictures_go_through_it_and_what_is_very_long_goes_directly(
    gateway: RunningGateway, connect: Connect, megabytes: int, way: str
) -> None:
    message = {**MESSAGES[0], "images": ["QUJD" * (megabytes * 256 * 1024)]}
    body = json.dumps({"model": NAME, "messages": [message], "stream": True}).encode()
    async with (
        ScriptedServer(FakeOllama(faults=Faults(hang_after=2))) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = await connect(proxy.url)
        length = f"Content-Length: {len(body)}"
        head = f"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n{length}\r\n"
        await client.send(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert (await client.head()).status == 100
        await client.send(body)
        while (answer := await client.head()).status == 100:  # Ollama's own, after ours
            pass
        assert answer.status == 200
        await outputs(client, 2)
        assert json.loads(ollama.calls[0].body) == json.loads(body)
        asked = Through(proxy)
        await asked.until(1, "active_requests", routing=way)
        client.close()
        await asked.until(1 if way == "direct" else 0, "portkey_bypasses_total", reason="body")


async def test_counts_are_asked_for_and_taken_out_again_behind_the_gateway(
    gateway: RunningGateway,
) -> None:
    body = {"model": NAME, "messages": MESSAGES, "stream": True}
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway, inject_usage=True)) as proxy,
    ):
        client = Through(proxy)
        path = "/v1/chat/completions"
        answers = [(await client.ask(path, body, X_Route=w))[1] for w in ("direct", "portkey")]
        assert answers[0] == answers[1]
        assert b"usage" not in answers[0]
        assert all(json.loads(call.body)["stream_options"] == USAGE for call in ollama.calls)
        await client.until(12, "generated_tokens_total", routing="portkey")


async def test_an_old_client_is_served(gateway: RunningGateway, connect: Connect) -> None:
    body = json.dumps(STREAMS["/api/chat"]).encode()
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = await connect(proxy.url)
        length = f"Content-Length: {len(body)}"
        await client.send(f"POST /api/chat HTTP/1.0\r\n{length}\r\n\r\n".encode() + body)
        assert (await client.rest()).count(b"\n{") == 13
        await Through(proxy).until(1, "requests_total", routing="portkey", status="200")


async def test_what_ollama_sees_is_what_the_client_sent(gateway: RunningGateway) -> None:
    headers = {
        "Host": "ai.localhost:11435",
        "Authorization": "Bearer secret",
        "User-Agent": "mine/1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "X-Own": "y",
        "x-portkey-custom-host": "http://127.0.0.1:1",
        "x-portkey-config": '{"provider":"openai","custom_host":"http://127.0.0.1:1"}',
    }
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = Through(proxy)
        sent = {name.replace("-", "_"): value for name, value in headers.items()}
        assert (await client.ask("/api/chat", STREAMS["/api/chat"], **sent))[0] == 200
        assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 200
        seen = ollama.calls[0]
        for name, value in headers.items():
            expected = None if name.startswith("x-portkey") else value
            assert seen.header(name) == expected, name
        assert not [n for n, _ in seen.headers if b"portkey" in n.lower() or b"leg" in n.lower()]
        assert ollama.calls[1].header("authorization") is None
        assert await client.value("portkey_requests_total", provider="openai", target="0") == 2


async def test_a_strange_host_is_ollama_s_to_refuse_behind_the_gateway_as_well(
    gateway: RunningGateway,
) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = Through(proxy)
        for way in ("direct", "portkey"):
            asked = await client.ask("/api/tags", method="GET", Host="evil.example", X_Route=way)
            assert asked[0] == 403
        await client.until(1, "portkey_attempts_total", upstream="ollama", status="403")


@pytest.mark.parametrize(
    ("path", "asked"),
    [*((path, {"stream": True}) for path in STREAMS), ("/api/chat", {}), ("/api/generate", {})],
)
async def test_chunks_are_not_kept_for_company(
    gateway: RunningGateway, path: str, asked: dict[str, bool]
) -> None:
    gaps: list[float] = []
    async with (
        ScriptedServer(FakeOllama(faults=Faults(tokens_per_second=20))) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
        aiohttp.ClientSession() as session,
        session.post(f"{proxy.url}{path}", json={**STREAMS[path], **asked}) as answer,
    ):
        before = time.perf_counter()
        async for _ in answer.content.iter_any():
            gaps.append(time.perf_counter() - before)
            before = time.perf_counter()
        assert json.loads(ollama.calls[0].body) == {**STREAMS[path], **asked}
    assert len(gaps) >= 10
    assert 0.03 < sorted(gaps)[len(gaps) // 2] < 0.1


async def test_without_a_return_leg_native_streams_are_as_quick(gateway: RunningGateway) -> None:
    body = {**STREAMS["/api/chat"], "stream": True}
    async with (
        ScriptedServer(FakeOllama(faults=Faults(hang_after=1))) as ollama,
        running_proxy(ollama.url, **through(gateway, return_leg=False)) as proxy,
        aiohttp.ClientSession() as session,
        session.post(f"{proxy.url}/api/chat", json=body) as answer,
    ):
        assert json.loads(await answer.content.readline())["done"] is False


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("HEAD", "/api/tags", None, "method"),
        ("DELETE", "/api/delete", {"model": NAME}, "method"),
        ("POST", "/api/pull", {"model": NAME}, "endpoint"),
        ("POST", "/api/copy", {"source": NAME, "destination": "x"}, "endpoint"),
        ("POST", "/api/chat", b"{bad", "body"),
        ("POST", "/api/chat", b'{"model":"smollm2:135m","seed":9007199254740993}', "body"),
        ("POST", "/api/chat", b"[1]", "body"),
        ("POST", "/api/chat", b"", "body"),
        ("POST", "/v1/../api/chat", b"{}", "endpoint"),
    ],
)
async def test_what_the_gateway_cannot_carry_goes_directly_and_says_why(
    connect: Connect, gateway: RunningGateway, method: str, path: str, body: object, reason: str
) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
        running_proxy(ollama.url) as plain,
    ):
        payload = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        answers = []
        for url in (plain.url, proxy.url):
            client = await connect(url)
            length = () if payload or method != "POST" else ("Content-Length: 0",)
            await client.request(method, path, payload, *length)
            head = await client.head()
            rest = b"" if method == "HEAD" else await client.body(head)
            answers.append((head.status, rest if reason == "body" else b""))
        assert answers[0] == answers[1] or method == "DELETE"
        asked = Through(proxy)
        await asked.until(1, "portkey_bypasses_total", reason=reason)
        assert await asked.value("requests_total", routing="direct") == 1
        assert await asked.value("portkey_attempts_total") == 0


async def test_a_chunked_body_and_a_form_s_type_arrive(
    connect: Connect, gateway: RunningGateway
) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        body = json.dumps(STREAMS["/api/chat"]).encode()
        client = await connect(proxy.url)
        type_of_curl = "Content-Type: application/x-www-form-urlencoded"
        await client.send(
            f"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n{type_of_curl}\r\n".encode()
            + b"Transfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
        )
        head = await client.head()
        assert head.status == 200
        assert (await client.body(head)).count(b"\n") == 13
        assert json.loads(ollama.calls[0].body) == STREAMS["/api/chat"]
        assert ollama.calls[0].header("content-type") == "application/json"
        assert await Through(proxy).value("portkey_attempts_total", status="200") == 1


async def test_without_portkey_everything_is_direct_and_a_wish_is_counted() -> None:
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url) as proxy:
        client = Through(proxy)
        assert (await client.ask("/api/tags", method="GET", X_Route="portkey"))[0] == 200
        assert (await client.ask("/api/tags", method="GET", X_Route="direct"))[0] == 200
        status, said, _ = await client.ask("/api/tags", method="GET", X_Route="banana")
        assert status == 400
        assert json.loads(said) == {
            "error": "X-Route: expected portkey or direct, found 'banana'",
        }
        assert [call.header("x-route") for call in ollama.calls] == [None, None]
        assert await client.value("portkey_bypasses_total", reason="not_enabled") == 1
        assert await client.value("requests_total", routing="portkey") == 0
        assert await client.value("config_info", route_default="direct") == 1


# configurations


@pytest.mark.parametrize(("path", "streams"), CHATS)
async def test_a_retry_retries(gateway: RunningGateway, path: str, streams: bool) -> None:
    fake = FakeOllama(faults=Faults(status=503))

    async def recovers(call: Call) -> None:
        await fake(call)
        fake.faults = Faults()

    async with (
        ScriptedServer(recovers) as ollama,
        running_proxy(
            ollama.url, **through(gateway, portkey_config=Path("portkey/config.json"))
        ) as proxy,
    ):
        client = Through(proxy)
        status, _, headers = await client.ask(path, {**STREAMS[path], "stream": streams})
        assert (status, headers["x-portkey-retry-attempt-count"]) == (200, "1")
        await client.until(1, "portkey_retries_total")
        attempts = "portkey_attempts_total"
        assert [await client.value(attempts, status=s) for s in ("503", "200")] == [1, 1]
        # the gateway's own wait of a second is its overhead
        assert await client.value("portkey_overhead_seconds_sum") > 0.9
        assert await client.value("errors_total") == 0


async def test_retries_that_are_all_in_vain_are_exhausted(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    retry = {"retry": {"attempts": 1}, **OPENAI, "custom_host": "${ollama}"}
    async with (
        ScriptedServer(FakeOllama(faults=Faults(status=503))) as ollama,
        running_proxy(
            ollama.url, **through(gateway, portkey_config=config(tmp_path, retry))
        ) as proxy,
    ):
        client = Through(proxy)
        assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 503
        await client.until(1, "portkey_retries_exhausted_total")
        assert await client.value("portkey_retries_total") == 0
        assert await client.value("errors_total", error_type="queue_full") == 1


@pytest.mark.parametrize(("path", "streams"), CHATS)
async def test_a_second_model_answers_for_one_that_is_missing(
    gateway: RunningGateway, path: str, streams: bool
) -> None:
    fake = FakeOllama(model=Model(name="qwen2.5:0.5b"))
    file = Path("portkey/config.fallback-model.json")
    async with (
        ScriptedServer(fake) as ollama,
        running_proxy(ollama.url, **through(gateway, portkey_config=file)) as proxy,
    ):
        client = Through(proxy)
        body = {**STREAMS[path], "model": "absent", "stream": streams}
        status, _, headers = await client.ask(path, body)
        assert status == 200
        assert headers["x-portkey-last-used-option-index"] == "config.targets[1]"
        asked = [json.loads(call.body)["model"] for call in ollama.calls]
        assert asked == ["absent", "qwen2.5:0.5b"]
        await client.until(1, "portkey_fallbacks_total", reason="target")
        assert await client.value("portkey_requests_total", target="1", status="200") == 1
        assert await client.value("portkey_fallbacks_total", reason="gateway_down") == 0


@pytest.mark.parametrize(("path", "streams"), CHATS)
async def test_a_second_host_answers_for_one_that_is_down(
    gateway: RunningGateway, path: str, streams: bool
) -> None:
    file = Path("portkey/config.fallback-host.json")
    async with ScriptedServer(FakeOllama()) as second:
        more = through(gateway, portkey_config=file, upstreams=f"second={second.url}")
        async with running_proxy(f"http://127.0.0.1:{free_port()}", **more) as proxy:
            client = Through(proxy)
            assert (await client.ask(path, {**STREAMS[path], "stream": streams}))[0] == 200
            await client.until(1, "portkey_fallbacks_total", reason="target")
            attempts = "portkey_attempts_total"
            assert await client.value(attempts, upstream="ollama", status="502") == 1
            assert await client.value(attempts, upstream="second", status="200") == 1


@dataclass(frozen=True)
class Balanced:
    """Two hosts behind the gateway, and how many requests each has got at first."""

    client: Through
    first: ScriptedServer
    second: ScriptedServer
    counts: tuple[int, int]


async def ask_often(client: Through, path: str, streams: bool, times: int) -> None:
    for _ in range(times):
        assert (await client.ask(path, {**STREAMS[path], "stream": streams}))[0] == 200


@contextlib.asynccontextmanager
async def balanced(
    gateway: RunningGateway, file: str, path: str, streams: bool
) -> AsyncIterator[Balanced]:
    """The two hosts of a configuration, after forty requests that were all answered."""
    async with ScriptedServer(FakeOllama()) as first, ScriptedServer(FakeOllama()) as second:
        upstreams = f"second={second.url}"
        more = through(gateway, portkey_config=Path("portkey") / file, upstreams=upstreams)
        async with running_proxy(first.url, **more) as proxy:
            client = Through(proxy)
            await ask_often(client, path, streams, 40)
            counts = len(first.calls), len(second.calls)
            assert sum(counts) == 40
            yield Balanced(client, first, second, counts)


@pytest.mark.parametrize(("path", "streams"), CHATS)
async def test_a_load_is_balanced_by_weight(
    gateway: RunningGateway, path: str, streams: bool
) -> None:
    async with balanced(gateway, "config.loadbalance.json", path, streams) as hosts:
        assert min(hosts.counts) >= 2  # 12 are due: fewer than 2 is once in ten thousand runs
        for target, count in zip("01", hosts.counts, strict=True):
            assert await hosts.client.value("portkey_requests_total", target=target) == count
        assert await hosts.client.value("portkey_fallbacks_total") == 0


@pytest.mark.parametrize(("path", "streams"), CHATS)
async def test_a_load_is_balanced_and_one_host_answers_for_the_other_that_is_down(
    gateway: RunningGateway, path: str, streams: bool
) -> None:
    async with balanced(gateway, "config.loadbalance-fallback.json", path, streams) as hosts:
        assert min(hosts.counts) >= 5  # 20 are due: fewer than 5 is once in ten million runs
        assert await hosts.client.value("portkey_fallbacks_total") == 0
        await hosts.first.stop()
        await ask_often(hosts.client, path, streams, 20)
        assert len(hosts.second.calls) == hosts.counts[1] + 20
        client = hosts.client
        refused = await client.value("portkey_attempts_total", upstream="ollama", status="502")
        assert refused >= 1
        await client.until(refused, "portkey_fallbacks_total", reason="target")


@pytest.mark.parametrize(("path", "streams"), CHATS)
async def test_a_condition_chooses_the_model(
    gateway: RunningGateway, path: str, streams: bool
) -> None:
    file = Path("portkey/config.conditional.json")
    expected = {"small": "qwen2.5:0.5b", "best": "llama3.2:3b", NAME: NAME}
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway, portkey_config=file)) as proxy,
    ):
        client = Through(proxy)
        for name in expected:
            await client.ask(path, {**STREAMS[path], "model": name, "stream": streams})
        asked = [json.loads(call.body)["model"] for call in ollama.calls]
        assert asked == list(expected.values())
        assert await client.value("portkey_fallbacks_total") == 0


async def test_its_own_time_limit_is_the_gateways_failure(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    limited = {"request_timeout": 200, **OPENAI, "custom_host": "${ollama}"}
    async with (
        ScriptedServer(FakeOllama(faults=Faults(ttft_seconds=30))) as ollama,
        running_proxy(
            ollama.url, **through(gateway, portkey_config=config(tmp_path, limited))
        ) as proxy,
    ):
        client = Through(proxy)
        assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 408
        await client.until(1, "errors_total", error_type="gateway", routing="portkey")
        # what it has given up on is not worked for
        async with asyncio.timeout(AT_ONCE_SECONDS * 5):
            await ollama.calls[0].peer_gone.wait()
        await client.until(1, "portkey_attempts_total", status="499")


async def test_the_typed_routes_work_as_far_as_they_do(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    plain = {**OPENAI, "custom_host": "${ollama}"}
    async with ScriptedServer(FakeOllama()) as ollama:
        for told in ({}, {"portkey_config": config(tmp_path, plain)}):
            more = through(gateway, portkey_typed_routes=True, **told)
            async with running_proxy(ollama.url, **more) as proxy:
                client = Through(proxy)
                for path in ("/v1/chat/completions", "/v1/messages", "/api/chat"):
                    body = {**STREAMS[path], "stream": True}
                    status, answer, _ = await client.ask(path, {**body, "invented": 1})
                    assert (status, answer.count(b"\n") > 10) == (200, True), path
                await client.until(3, "portkey_attempts_total", status="200")
                assert await client.value("generated_tokens_total", routing="portkey") == 36
                assert await client.value("portkey_overhead_seconds_count") == 3
        asked = [call.body for call in ollama.calls if call.target == "/v1/chat/completions"]
        assert ["invented" in json.loads(body) for body in asked] == [False, False]


# failures


async def test_the_gateways_own_failures_are_told_apart_from_ollamas(
    gateway: RunningGateway,
) -> None:
    more = through(gateway, portkey_client_headers=True)
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url, **more) as proxy:
        client = Through(proxy)
        for name, value in (
            ("x_portkey_provider", "nonesuch"),
            ("x_portkey_config", '{"nonsense":1}'),
            ("x_portkey_config", "{bad"),
        ):
            status, _, _ = await client.ask("/api/chat", STREAMS["/api/chat"], **{name: value})
            assert status == 500
        refused = f"http://127.0.0.1:{free_port()}"
        there = {"x_portkey_provider": "openai", "x_portkey_custom_host": refused}
        assert (await client.ask("/api/chat", STREAMS["/api/chat"], **there))[0] == 500
        unknown = {**there, "x_portkey_custom_host": "http://10.0.0.1:11434"}
        status, said, _ = await client.ask("/api/tags", method="GET", **unknown)
        assert (status, b"Invalid custom host" in said) == (400, True)
        await client.until(5, "errors_total", error_type="gateway", routing="portkey")
        absent = {**STREAMS["/api/chat"], "model": "absent"}
        assert (await client.ask("/api/chat", absent))[0] == 404
        await client.until(1, "errors_total", error_type="upstream_4xx")
        assert await client.value("errors_total") == 6


async def test_an_unknown_host_is_refused_on_the_return_leg(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    async with ScriptedServer(FakeOllama()) as ollama:
        port = free_port()
        wrong = {**OPENAI, "custom_host": f"http://127.0.0.1:{port}/to/elsewhere"}
        more = through(gateway, portkey_config=config(tmp_path, wrong), return_leg_port=port)
        async with running_proxy(ollama.url, **more) as proxy:
            status, said, _ = await Through(proxy).ask("/api/chat", STREAMS["/api/chat"])
            assert status == 400
            assert b"/to/ollama/" in said
            assert ollama.calls == []


@pytest.mark.parametrize("has_leg", [True, False])
async def test_an_ollama_that_is_down_is_not_the_gateways_fault_where_that_is_known(
    gateway: RunningGateway, has_leg: bool
) -> None:
    more = through(gateway, return_leg=has_leg)
    async with running_proxy(f"http://127.0.0.1:{free_port()}", **more) as proxy:
        client = Through(proxy)
        status, said, _ = await client.ask("/api/chat", STREAMS["/api/chat"])
        assert status == (502 if has_leg else 500)
        assert (b"gave no answer" in said) == has_leg
        kind = "connect" if has_leg else "gateway"
        await client.until(1, "errors_total", error_type=kind, routing="portkey")


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("has_leg", [True, False])
async def test_an_ollama_that_dies_in_mid_stream_is_an_incomplete_stream(
    gateway: RunningGateway, steady: RunningGateway, path: str, has_leg: bool
) -> None:
    fake = FakeOllama(faults=Faults(drop_after=4, tokens_per_second=50))
    async with (
        ScriptedServer(fake) as ollama,
        running_proxy(
            ollama.url, **through(gateway if has_leg else steady, return_leg=has_leg)
        ) as proxy,
    ):
        client = Through(proxy)
        with contextlib.suppress(aiohttp.ClientPayloadError):  # a break may come as a whole body
            assert (await client.ask(path, {**STREAMS[path], "stream": True}))[0] == 200
        await client.until(1, "errors_total", error_type="incomplete_stream", routing="portkey")


async def test_an_ollama_that_dies_in_mid_stream_takes_no_gateway_with_it() -> None:
    fake = FakeOllama(faults=Faults(drop_after=4, tokens_per_second=50))
    async with ScriptedServer(fake) as ollama:
        for has_leg in (True, False):  # the return leg spares the gateway, else steady.cjs does
            async with (
                running_gateway(is_steady=not has_leg) as gateway,
                running_proxy(ollama.url, **through(gateway, return_leg=has_leg)) as proxy,
            ):
                for number in range(5):
                    with contextlib.suppress(aiohttp.ClientPayloadError):
                        await Through(proxy).ask("/api/chat", STREAMS["/api/chat"])
                    await Through(proxy).until(number + 1, "errors_total", routing="portkey")
                assert gateway.process.returncode is None


async def test_a_break_costs_no_other_request(gateway: RunningGateway) -> None:
    fake = FakeOllama(faults=Faults(tokens_per_second=400))
    broken = FakeOllama(faults=Faults(drop_after=3, tokens_per_second=400))

    async def by_model(call: Call) -> None:
        await call.is_read.wait()
        await (broken if b"drop" in call.body else fake)(call)

    async with (
        ScriptedServer(by_model) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = Through(proxy)
        statuses: list[int] = []

        async def ask(words: str) -> None:
            body = {**STREAMS["/api/chat"], "messages": [{"role": "user", "content": words}]}
            for _ in range(40):
                with contextlib.suppress(aiohttp.ClientPayloadError):
                    statuses.append((await client.ask("/api/chat", body))[0])

        await asyncio.gather(*(ask(words) for words in ("drop", "Why?") * 4))
        assert set(statuses) == {200}
        await client.until(160, "errors_total", error_type="incomplete_stream")
        assert await client.value("errors_total") == 160


@pytest.mark.parametrize("streams", [True, False])
async def test_a_break_reaches_the_client_whatever_else_the_configuration_leads_to(
    steady: RunningGateway, tmp_path: Path, streams: bool
) -> None:
    elsewhere = {**OPENAI, "custom_host": f"http://127.0.0.1:{free_port()}"}
    targets = [{**OPENAI, "custom_host": "${ollama}"}, elsewhere]
    mixed = {"strategy": {"mode": "fallback"}, "targets": targets}

    async def half(call: Call) -> None:
        await call.is_read.wait()
        await call.head("200 OK", [(b"Content-Type", b"application/json"), CHUNKED])
        await call.chunk(b'{"half":')
        call.reset()

    script = FakeOllama(faults=Faults(drop_after=3)) if streams else half
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(
            ollama.url, **through(steady, portkey_config=config(tmp_path, mixed))
        ) as proxy,
    ):
        with pytest.raises(aiohttp.ClientPayloadError):
            await Through(proxy).ask("/api/chat", {**STREAMS["/api/chat"], "stream": streams})
        await Through(proxy).until(1, "errors_total", error_type="incomplete_stream")


async def test_the_return_leg_opens_no_way_around_ollamas_guard(gateway: RunningGateway) -> None:
    port = free_port()
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway, return_leg_port=port)),
        aiohttp.ClientSession() as session,
    ):
        url = f"http://127.0.0.1:{port}/to/ollama/api/tags"
        for host, status in (("evil.example", 403), (f"127.0.0.1:{port}", 200)):
            async with session.get(url, headers={"Host": host}) as answer:
                assert answer.status == status
        async with session.get(url, headers={"X-Ollama-Observe-Leg": "a" * 32}) as answer:
            assert answer.status == 499  # of a request that is over, or of a dead worker's


async def test_requests_go_directly_while_the_gateway_is_down() -> None:
    async with ScriptedServer(FakeOllama()) as ollama:
        more: dict[str, Any] = {"enable_portkey": True, "portkey_port": free_port()}
        async with running_proxy(ollama.url, **more) as proxy:
            client = Through(proxy)
            for _ in range(2):
                assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 200
            await client.until(2, "portkey_fallbacks_total", reason="gateway_down")
            assert await client.value("portkey_bypasses_total", reason="gateway_down") == 2
            assert await client.value("requests_total", routing="direct", status="200") == 2
            assert await client.value("portkey_up") == 0
            assert await client.value("errors_total") == 0
            health = await health_of(proxy)
            assert health["checks"]["portkey"]["ok"] is True
            assert "requests go directly" in health["checks"]["portkey"]["detail"]


async def test_a_gateway_is_found_when_it_comes_and_missed_when_it_goes() -> None:
    port = free_port()
    more: dict[str, Any] = {"enable_portkey": "auto", "portkey_port": port}
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url, **more) as proxy:
        client = Through(proxy)
        assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 200
        await client.until(1, "requests_total", routing="direct", status="200")
        names = {name for name, _ in await proxy.samples()}
        assert not names & {"ollama_proxy_portkey_up", "ollama_proxy_portkey_bypasses_total"}
        assert await client.value("config_info") == 1
        assert await client.value("config_info", route_default="direct") == 1
        assert (await health_of(proxy))["checks"].keys() == {"ollama"}
        async with running_gateway(port):
            await client.until(1, "portkey_up")
            assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 200
            await client.until(1, "requests_total", routing="portkey", status="200")
            assert (await health_of(proxy))["checks"]["portkey"]["is_up"] is True
        assert (await client.ask("/api/chat", STREAMS["/api/chat"]))[0] == 200
        await client.until(1, "portkey_fallbacks_total", reason="gateway_down")
        await client.until(0, "portkey_up")
        assert await client.value("config_info") == 1
        assert await client.value("config_info", route_default="portkey") == 1
        assert await client.value("errors_total") == 0


async def test_a_strict_proxy_refuses_what_it_cannot_send_through_the_gateway() -> None:
    port = free_port()
    async with ScriptedServer(FakeOllama()) as ollama:
        more: dict[str, Any] = {"portkey_port": port, "portkey_strict": True}
        more["enable_portkey"] = True
        async with running_proxy(ollama.url, **more) as proxy:
            client = Through(proxy)
            status, said, _ = await client.ask("/v1/chat/completions", STREAMS["/api/chat"])
            assert status == 502
            message = json.loads(said)["error"]["message"]
            assert message == (
                f"Portkey at http://127.0.0.1:{port} gave no answer: Connection refused"
            )
            await client.until(1, "errors_total", error_type="gateway_down", routing="portkey")
            assert ollama.calls == []
            assert (await client.ask("/api/tags", method="GET", X_Route="direct"))[0] == 200
            assert (await health_of(proxy))["checks"]["portkey"]["ok"] is False


async def health_of(proxy: RunningProxy) -> "dict[str, dict[str, Any]]":
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{proxy.control_url}/health") as answer,
    ):
        found: dict[str, dict[str, Any]] = await answer.json()
        return found


async def test_a_gateway_that_dies_in_mid_stream_is_an_outcome_of_its_own(connect: Connect) -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(hang_after=3))) as ollama,
        running_gateway() as gateway,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = await connect(proxy.url)
        await client.request("POST", "/api/chat", STREAMS["/api/chat"])
        await client.head()
        await outputs(client, 3)
        gateway.process.kill()
        with pytest.raises(asyncio.IncompleteReadError):
            await client.chunk()
        asked = Through(proxy)
        await asked.until(1, "errors_total", error_type="gateway_broke_off", routing="portkey")
        async with asyncio.timeout(1):
            await ollama.calls[0].peer_gone.wait()
        # and the next goes on without it, counted
        ollama.script = FakeOllama()
        assert (await asked.ask("/api/chat", STREAMS["/api/chat"]))[0] == 200
        await asked.until(1, "portkey_fallbacks_total", reason="gateway_down")


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("has_leg", [True, False])
async def test_a_gateway_that_hangs_is_an_outcome_of_its_own(
    connect: Connect, after: int, has_leg: bool
) -> None:
    patience = 1.5
    told = {"portkey_timeout_seconds": patience, "return_leg": has_leg}
    fake = FakeOllama(faults=Faults(tokens_per_second=20), model=Model(output_tokens=400))
    async with (
        ScriptedServer(fake) as ollama,
        running_gateway() as gateway,
        running_proxy(ollama.url, **through(gateway, **told)) as proxy,
    ):
        asked = Through(proxy)
        await asked.until(1, "portkey_up")
        client = await connect(proxy.url)
        if after == 0:
            gateway.process.send_signal(signal.SIGSTOP)
        await client.request("POST", "/api/chat", STREAMS["/api/chat"])
        if after:
            await client.head()
            await outputs(client, after)
            gateway.process.send_signal(signal.SIGSTOP)
        began = time.perf_counter()
        async with asyncio.timeout(patience + 4 * TICK_SECONDS + 6):
            if after:
                with pytest.raises(asyncio.IncompleteReadError):
                    while await client.chunk():
                        pass
            else:
                head = await client.head()
                assert head.status == 504
                assert b"hangs" in await client.body(head)
        assert time.perf_counter() - began >= patience - 0.2
        await asked.until(1, "errors_total", error_type="gateway_timeout", routing="portkey")
        gateway.process.send_signal(signal.SIGCONT)


async def test_a_target_that_leads_past_the_return_leg_may_be_slow_as_well(
    gateway: RunningGateway, tmp_path: Path, connect: Connect
) -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=2.5))
    async with ScriptedServer(fake) as ollama:
        straight = {**OPENAI, "custom_host": ollama.url}
        told = {"portkey_config": config(tmp_path, straight), "portkey_timeout_seconds": 0.5}
        async with running_proxy(ollama.url, **through(gateway, **told)) as proxy:
            client = Through(proxy)
            body = {**STREAMS["/v1/chat/completions"], "stream": True}
            status, answer, _ = await client.ask("/v1/chat/completions", body)
            assert (status, b"[DONE]" in answer) == (200, True)
            assert await client.value("portkey_attempts_total") == 0
            leaving = await connect(proxy.url)
            await leaving.request("POST", "/api/chat", STREAMS["/api/chat"])
            await (await ollama.nth_call(2)).is_read.wait()
            await client.until(1, "inflight_phase_requests", phase="prefill", routing="portkey")


async def test_a_slow_model_is_no_gateway_that_hangs(gateway: RunningGateway) -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=2.5))
    more = through(gateway, portkey_timeout_seconds=0.5)
    async with ScriptedServer(fake) as ollama:
        for has_leg in (True, False):
            async with running_proxy(ollama.url, **more, return_leg=has_leg) as proxy:
                status, _, _ = await Through(proxy).ask("/api/chat", STREAMS["/api/chat"])
                assert status == 200


# the return leg


@pytest.mark.parametrize("faults", [Faults(queue_seconds=30), Faults(hang_after=3)])
@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
async def test_a_client_that_leaves_stops_the_model_at_once(
    connect: Connect, gateway: RunningGateway, faults: Faults, path: str
) -> None:
    async with (
        ScriptedServer(FakeOllama(faults=faults)) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = await connect(proxy.url)
        await client.request("POST", path, {**STREAMS[path], "stream": True})
        call = await ollama.nth_call()
        await call.is_read.wait()
        if faults.hang_after:
            await client.head()
            await outputs(client, faults.hang_after)
        at = time.perf_counter()
        client.close()
        async with asyncio.timeout(5):
            await call.peer_gone.wait()
        assert call.peer_gone_at is not None
        assert call.peer_gone_at - at < AT_ONCE_SECONDS
        asked = Through(proxy)
        await asked.until(1, "client_aborts_total", routing="portkey")
        assert await asked.value("errors_total") == 0
        await asked.until(1, "portkey_attempts_total", status="499")


async def test_no_target_is_tried_for_a_client_that_has_left(
    connect: Connect, gateway: RunningGateway
) -> None:
    file = Path("portkey/config.fallback-host.json")
    slow = FakeOllama(faults=Faults(queue_seconds=30))
    async with ScriptedServer(slow) as first, ScriptedServer(FakeOllama()) as second:
        more = through(gateway, portkey_config=file, upstreams=f"second={second.url}")
        async with running_proxy(first.url, **more) as proxy:
            client = await connect(proxy.url)
            await client.request("POST", "/api/chat", STREAMS["/api/chat"])
            await (await first.nth_call()).is_read.wait()
            client.close()
            async with asyncio.timeout(1):
                await first.calls[0].peer_gone.wait()
            await asyncio.sleep(0.5)  # nothing is to come: there is no event for that
            assert second.calls == []


async def test_the_table_of_requests_in_flight_is_true_behind_the_gateway(
    gateway: RunningGateway,
    connect: Connect,
) -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(queue_seconds=30))) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        clients = [await connect(proxy.url) for _ in range(2)]
        for number, client in enumerate(clients):
            await client.request("POST", "/api/chat", STREAMS["/api/chat"])
            await (await ollama.nth_call(number + 1)).is_read.wait()
        asked = Through(proxy)
        await asked.until(1, "inflight_phase_requests", phase="prefill", routing="portkey")
        await asked.until(1, "inflight_phase_requests", phase="waiting", routing="portkey")
        for client in clients:
            client.close()


async def test_what_the_gateway_adds_is_a_few_milliseconds(gateway: RunningGateway) -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(ttft_seconds=0.3))) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        client = Through(proxy)
        for _ in range(5):
            await client.ask("/api/chat", {**STREAMS["/api/chat"], "stream": False})
        await client.until(5, "portkey_overhead_seconds_count")
        assert 0 < await client.value("portkey_overhead_seconds_sum") < 0.3


async def test_a_drain_waits_for_what_is_on_its_way_through_the_gateway(
    gateway: RunningGateway,
    connect: Connect,
) -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=1))
    async with ScriptedServer(fake) as ollama:
        more = through(gateway)
        async with running_proxy(ollama.url, drain_seconds=10, **more) as proxy:
            client = await connect(proxy.url)
            await client.request("POST", "/api/chat", STREAMS["/api/chat"])
            await (await ollama.nth_call()).is_read.wait()
        head = await client.head()
        assert head.status == 200
        assert (await client.body(head)).endswith(b"\n")


async def test_the_legs_meet_in_every_worker(connect: Connect, gateway: RunningGateway) -> None:
    variables = {
        "PROXY_ENABLE_PORTKEY": "true",
        "PROXY_PORTKEY_PORT": str(gateway.port),
        "PROXY_RETURN_LEG_PORT": "0",
        "PROXY_WORKERS": "3",
    }
    fake = FakeOllama(faults=Faults(queue_seconds=30))
    async with ScriptedServer(fake) as ollama, proxy_process(ollama.url, **variables) as proxy:
        await proxy.until_ready()
        for number in range(1, 13):
            client = await connect(proxy.url)
            await client.request("POST", "/api/chat", STREAMS["/api/chat"])
            call = await ollama.nth_call(number)
            await call.is_read.wait()
            at = time.perf_counter()
            client.close()
            async with asyncio.timeout(5):
                await call.peer_gone.wait()
            assert call.peer_gone_at is not None
            assert call.peer_gone_at - at < AT_ONCE_SECONDS
        ollama.script = FakeOllama()
        async with aiohttp.ClientSession() as session:
            for _ in range(12):
                url = f"{proxy.url}/api/chat"
                async with session.post(url, json=STREAMS["/api/chat"]) as answer:
                    assert answer.status == 200
                    await answer.read()
        _, text = await proxy.get("/metrics")
        assert "ollama_proxy_portkey_overhead_seconds_count 12.0" in text
        assert 'attempts_total{status="499",upstream="ollama"} 12.0' in text


# the real engine


async def test_the_real_model_streams_stops_and_counts_through_the_real_gateway(
    connect: Connect, gateway: RunningGateway, tmp_path: Path
) -> None:
    with running_engine(tmp_path) as engine:
        async with running_proxy(engine.url, **through(gateway)) as proxy:
            client = Through(proxy)
            options = {"num_predict": 12, "seed": 1, "temperature": 0}
            body = {"model": MODEL, "messages": MESSAGES, "options": options}
            answers = [
                (await client.ask("/api/chat", body, X_Route=way))[1].splitlines()
                for way in ("direct", "portkey", "direct", "portkey")
            ]
            texts = ["".join(json.loads(line)["message"]["content"] for line in a) for a in answers]
            assert len(set(texts)) == 1
            generated = [
                await client.value("generated_tokens_total", routing=way)
                for way in ("direct", "portkey")
            ]
            assert generated[0] == generated[1] == 24

            longer: dict[str, object] = {**options, "num_predict": 4000}
            long = {**body, "options": longer}
            leaving = await connect(proxy.url)
            await leaving.request("POST", "/api/chat", long)
            await leaving.head()
            await leaving.chunk()
            leaving.close()
            at = time.perf_counter()
            assert (await client.ask("/api/chat", body))[0] == 200
            assert time.perf_counter() - at < 5  # the slot was free; 4000 tokens take far longer

            streaming = await connect(proxy.url)
            await streaming.request("POST", "/api/chat", long)
            await streaming.head()
            await streaming.chunk()
            for runner in engine.runners():
                os.kill(runner.pid, signal.SIGKILL)
            async with asyncio.timeout(10):
                while await streaming.chunk():
                    pass
            async with asyncio.timeout(5):
                while not await client.value("errors_total", routing="portkey"):
                    await asyncio.sleep(0.05)
            kinds = ("mid_stream", "incomplete_stream")
            found = [await client.value("errors_total", error_type=kind) for kind in kinds]
            assert sum(found) == 1
