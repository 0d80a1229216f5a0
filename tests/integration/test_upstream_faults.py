"""An upstream that fails: true status, an error that helps, and the right count."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from prometheus_client import CollectorRegistry

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.ports import free_port
from tests.servers import running_proxy

CHAT = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Why?"}]}
ERRORS = "ollama_proxy_errors_total"
NO_HTTP = "what it answered is no HTTP that could be read"


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/api/chat", ("error",)),
        ("/v1/chat/completions", ("error", "message")),
        ("/v1/messages", ("error", "message")),
    ],
)
async def test_ollama_that_is_off_is_a_502_in_the_dialect_of_the_route(
    path: str, where: tuple[str, ...]
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with running_proxy(url) as proxy, await RawClient.connect(proxy.url) as client:
        await client.request("POST", path, CHAT)
        head = await client.head()
        said = json.loads(await client.body(head))
        for key in where:
            said = said[key]
        assert head.status == 502
        assert url in said
        assert "refused" in said.lower()
        assert await proxy.value(ERRORS, error_type="connect") == 1
        # and the connection is still good for the next request
        await client.request("GET", "/")
        assert (await client.head()).status == 502


async def test_an_upstream_that_closes_before_it_answers_is_a_502() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        call.close()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            assert (await client.head()).status == 502
        assert len(ollama.calls) == 1  # no retry: it would hide what we measure
        assert await proxy.value(ERRORS, error_type="broke_off") == 1


@pytest.mark.parametrize(
    ("faults", "error_type"),
    [
        (Faults(error_after=3), "mid_stream"),
        (Faults(end_without_done_after=3), "incomplete_stream"),
        (Faults(status=500), "upstream_5xx"),
        (Faults(status=429), "upstream_4xx"),
        (Faults(status=503), "queue_full"),
    ],
)
@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
async def test_a_fault_is_relayed_as_it_is_and_counted(
    faults: Faults, error_type: str, path: str
) -> None:
    async with (
        ScriptedServer(FakeOllama(faults=faults)) as ollama,
        running_proxy(ollama.url) as proxy,
    ):
        answers = []
        for url in (ollama.url, proxy.url):
            async with await RawClient.connect(url) as client:
                await client.request("POST", path, {**CHAT, "stream": True})
                head = await client.head()
                answers.append((head.status, await client.body(head)))
        assert answers[0] == answers[1]
        assert await proxy.value(ERRORS, error_type=error_type) == 1
        assert await proxy.value(ERRORS) == 1
        assert await proxy.value("ollama_proxy_request_duration_seconds_count") == 0


async def test_a_reset_in_mid_stream_is_not_made_to_look_whole() -> None:
    fake = FakeOllama(faults=Faults(drop_after=3, tokens_per_second=100))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            await client.head()
            pieces = []
            with pytest.raises(asyncio.IncompleteReadError):
                while piece := await client.chunk():
                    pieces.append(piece)
        assert len(pieces) == 3  # all that had arrived before the break
        assert await proxy.value(ERRORS, error_type="incomplete_stream") == 1
        assert await proxy.value("ollama_proxy_requests_total", status="200") == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_kept_connection_that_ends_is_no_reason_to_send_again(method: str) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        if call.target == "/first":
            await call.answer("200 OK", [], b"")
        else:
            call.close()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/first")
            await client.head()
            await client.request(method, "/second", b"{}")
            assert (await client.head()).status == 502
        assert [call.target for call in ollama.calls] == ["/first", "/second"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0",
        b"HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0",
    ],
)
async def test_an_answer_that_cannot_be_sent_on_is_a_502(answer: bytes) -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.send(answer + b"\r\nContent-Length: 0\r\n\r\n")

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/api/tags")
            head = await client.head()
            assert head.status == 502
            assert NO_HTTP in (await client.body(head)).decode()
        assert await proxy.value(ERRORS, error_type="broke_off") == 1


async def test_a_request_that_a_drain_cuts_before_its_answer_is_a_503() -> None:
    fake = FakeOllama(faults=Faults(queue_seconds=60))
    async with AsyncExitStack() as stack:
        ollama = await stack.enter_async_context(ScriptedServer(fake))
        async with running_proxy(ollama.url, drain_seconds=1) as proxy:
            client = await stack.enter_async_context(await RawClient.connect(proxy.url))
            await client.request("POST", "/api/chat", CHAT)
            await ollama.nth_call()
        head = await client.head()
        assert head.status == 503
        assert json.loads(await client.body(head)) == {"error": "the proxy is shutting down"}


async def test_an_error_tells_no_query_and_no_inside_of_a_library() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.send(b"\x00\x01 garbage\r\n\r\n")

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/api/tags?api_key=secret")
            head = await client.head()
            said = json.loads(await client.body(head))["error"]
        assert head.status == 502
        assert said == f"Ollama at {ollama.url} gave no answer: {NO_HTTP}"


async def test_a_length_that_is_not_reached_is_not_made_to_look_whole() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Length", b"100")])
        await call.send(b"only this")
        call.close()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/api/tags")
            assert (await client.head()).get("content-length") == "100"
            assert await client.rest() == b"only this"


async def test_a_line_that_is_no_json_passes_and_is_counted() -> None:
    fake = FakeOllama(faults=Faults(malformed_after=2))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            assert b'{"broken\n' in await client.body(await client.head())
        assert await proxy.value("ollama_proxy_extraction_errors_total", reason="json") == 1
        assert await proxy.value(ERRORS) == 0
        assert await proxy.value("ollama_proxy_generated_tokens_total") == 12


async def test_an_answer_that_is_compressed_passes_and_is_counted_as_unmeasured() -> None:
    async def script(call: Call) -> None:
        headers = [(b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip")]
        await call.answer("200 OK", headers, b"\x1f\x8b...")

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            assert await client.body(await client.head()) == b"\x1f\x8b..."
        assert await proxy.value("ollama_proxy_extraction_errors_total", reason="encoding") == 1
        assert await proxy.value(ERRORS) == 0


async def test_an_upstream_that_comes_back_is_used_again() -> None:
    fake = FakeOllama()
    async with ScriptedServer(fake) as first:
        port = first.port
        async with running_proxy(first.url) as proxy:
            async with await RawClient.connect(proxy.url) as client:
                await client.request("GET", "/api/version")
                assert (await client.head()).status == 200
            await first.stop()
            async with await RawClient.connect(proxy.url) as client:
                await client.request("GET", "/api/version")
                assert (await client.head()).status == 502
            async with (
                ScriptedServer(fake, port=port),
                await RawClient.connect(proxy.url) as client,
            ):
                await client.request("GET", "/api/version")
                assert (await client.head()).status == 200


async def test_a_drain_lets_streams_finish_and_refuses_new_ones() -> None:
    fake = FakeOllama(Model(output_tokens=20), Faults(tokens_per_second=40))
    async with AsyncExitStack() as stack:
        ollama = await stack.enter_async_context(ScriptedServer(fake))
        async with running_proxy(ollama.url, drain_seconds=10) as proxy:
            client = await stack.enter_async_context(await RawClient.connect(proxy.url))
            await client.request("POST", "/api/chat", CHAT)
            head = await client.head()
            reading = asyncio.ensure_future(client.body(head))
        # the proxy is gone here: it waited for the stream
        assert (await reading).count(b"\n") == 21
        with pytest.raises(OSError):
            await RawClient.connect(proxy.url)


async def test_a_drain_that_runs_out_cuts_the_stream_and_frees_the_upstream() -> None:
    fake = FakeOllama(faults=Faults(hang_after=1))
    async with AsyncExitStack() as stack:
        ollama = await stack.enter_async_context(ScriptedServer(fake))
        async with running_proxy(ollama.url, drain_seconds=1) as proxy:
            client = await stack.enter_async_context(await RawClient.connect(proxy.url))
            await client.request("POST", "/api/chat", CHAT)
            await client.head()
            await client.chunk()
        async with asyncio.timeout(5):
            await ollama.calls[0].peer_gone.wait()
        with pytest.raises(asyncio.IncompleteReadError):
            await client.chunk()
        registry = CollectorRegistry()
        registry.register(proxy.proxy.collector)
        labels = {"model": "smollm2:135m", "error_type": "shutdown", "routing": "direct"}
        assert registry.get_sample_value(ERRORS, labels) == 1
