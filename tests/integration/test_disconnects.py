"""A client that leaves: the upstream is given up at once, whatever it was doing."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy, running_proxy

CHAT = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Why?"}]}
AT_ONCE_SECONDS = 0.1
CHUNKED = (b"Transfer-Encoding", b"chunked")


async def left(client: RawClient, call: Call) -> float:
    """Close the client; seconds until the upstream saw its connection go."""
    at = time.perf_counter()
    client.close()
    async with asyncio.timeout(5):
        await call.peer_gone.wait()
    assert call.peer_gone_at is not None
    return call.peer_gone_at - at


async def aborts(proxy: RunningProxy, phase: str) -> float:
    """How many aborts were counted in a phase; waits until the request is booked."""
    async with asyncio.timeout(5):
        while await proxy.value("ollama_proxy_requests_total") == 0:
            await asyncio.sleep(0.01)
    assert await proxy.value("ollama_proxy_errors_total") == 0
    assert await proxy.value("ollama_proxy_requests_total", status="499") == 1
    assert await proxy.value("ollama_proxy_active_requests") == 0
    return await proxy.value("ollama_proxy_client_aborts_total", phase=phase)


async def never_answer(call: Call) -> None:
    await call.peer_gone.wait()


async def test_in_the_queue_before_any_header() -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(queue_seconds=30))) as ollama,
        running_proxy(ollama.url) as proxy,
    ):
        client = await RawClient.connect(proxy.url)
        await client.request("POST", "/api/chat", CHAT)
        call = await ollama.nth_call()
        await call.is_read.wait()
        second = await RawClient.connect(proxy.url)
        await second.request("POST", "/api/chat", CHAT)
        behind = await ollama.nth_call(2)
        await behind.is_read.wait()
        assert await left(second, behind) < AT_ONCE_SECONDS
        assert await left(client, call) < AT_ONCE_SECONDS
        await gone(proxy)
        for phase in ("prefill", "waiting"):  # the first has the one slot
            assert await proxy.value("ollama_proxy_client_aborts_total", phase=phase) == 1


async def test_while_the_headers_are_half_sent() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-nd")
        half_sent.set()
        await call.peer_gone.wait()

    half_sent = asyncio.Event()
    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        await client.request("POST", "/v1/chat/completions", CHAT)
        await half_sent.wait()
        assert await left(client, ollama.calls[0]) < AT_ONCE_SECONDS
        assert await aborts(proxy, "prefill") == 1


async def test_while_streaming() -> None:
    fake = FakeOllama(Model(output_tokens=1000), Faults(tokens_per_second=50))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        await client.request("POST", "/api/chat", CHAT)
        await client.head()
        for _ in range(3):
            await client.chunk()
        assert await left(client, await ollama.nth_call()) < AT_ONCE_SECONDS
        assert await aborts(proxy, "answering") == 1
        generated = await proxy.value("ollama_proxy_generated_tokens_total")
        assert 3 <= generated < 20  # what was seen of the stream is not lost


async def test_while_the_stream_is_silent() -> None:
    fake = FakeOllama(faults=Faults(hang_after=2))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        await client.request("POST", "/api/generate", {"model": "smollm2:135m", "prompt": "x"})
        await client.head()
        await client.chunk()
        await client.chunk()
        assert await left(client, await ollama.nth_call()) < AT_ONCE_SECONDS
        assert await aborts(proxy, "answering") == 1


async def test_in_the_middle_of_an_upload() -> None:
    async with ScriptedServer(never_answer) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        await client.send(
            b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n"
        )
        call = await ollama.nth_call()
        await call.body_arrived.wait()
        assert await left(client, call) < AT_ONCE_SECONDS
        assert call.body == b"hello"
        assert not call.is_whole  # no end of the body was made up
        assert await aborts(proxy, "upload") == 1


def full_listener() -> tuple[socket.socket, list[socket.socket]]:
    """A socket that listens and accepts no more: a connection to it hangs."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = []
    for _ in range(4):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
        waiting.append(sock)
    return listener, waiting


async def test_while_connecting() -> None:
    listener, waiting = full_listener()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with running_proxy(url, connect_timeout_seconds=60) as proxy:
            client = await RawClient.connect(proxy.url)
            await client.request("POST", "/api/chat", CHAT)
            async with asyncio.timeout(5):
                while await proxy.value("ollama_proxy_active_requests") == 0:
                    await asyncio.sleep(0.01)
            client.close()
            assert await aborts(proxy, "waiting") == 1
    finally:
        for sock in (listener, *waiting):
            sock.close()


async def test_a_connection_that_never_comes_is_a_504() -> None:
    listener, waiting = full_listener()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            running_proxy(url, connect_timeout_seconds=0.2) as proxy,
            await RawClient.connect(proxy.url) as client,
        ):
            await client.request("POST", "/api/chat", CHAT)
            head = await client.head()
            assert head.status == 504
            assert b"no connection within 0.2 s" in await client.body(head)
            assert await proxy.value("ollama_proxy_errors_total", error_type="timeout") == 1
    finally:
        for sock in (listener, *waiting):
            sock.close()


async def test_many_leaving_clients_leave_nothing_behind() -> None:
    fake = FakeOllama(Model(output_tokens=1000), Faults(tokens_per_second=20))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        before = len(asyncio.all_tasks())
        clients = [await RawClient.connect(proxy.url) for _ in range(30)]
        for number, client in enumerate(clients):
            await client.request("POST", "/api/chat", CHAT)
            if number % 2:
                await client.head()
        await ollama.nth_call(30)
        for client in clients:
            client.close()
        async with asyncio.timeout(5):
            while ollama.transports or await proxy.value("ollama_proxy_active_requests"):
                await asyncio.sleep(0.02)
        assert await proxy.value("ollama_proxy_client_aborts_total") == 30
        async with asyncio.timeout(5):
            while len(asyncio.all_tasks()) > before + 2:  # the scrape's own connection
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("keep", [True, False])
async def test_a_client_that_leaves_after_the_answer_is_no_abort(keep: bool) -> None:
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        extra = [] if keep else ["Connection: close"]
        await client.request("POST", "/api/chat", CHAT, *extra)
        await client.body(await client.head())
        client.close()
        assert await proxy.value("ollama_proxy_client_aborts_total") == 0
        assert await proxy.value("ollama_proxy_requests_total", status="200") == 1


async def gone(proxy: RunningProxy) -> None:
    """Wait until nothing is in flight."""
    async with asyncio.timeout(5):
        while await proxy.value("ollama_proxy_active_requests"):
            await asyncio.sleep(0.01)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_with_a_second_request_in_the_pipe() -> None:
    """The server reads no further then, and would not see the end."""
    async with ScriptedServer(never_answer) as ollama, running_proxy(ollama.url) as proxy:
        before = open_files()
        for number in range(1, 21):
            client = await RawClient.connect(proxy.url)
            await client.send(b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
            assert await left(client, await ollama.nth_call(number)) < AT_ONCE_SECONDS
        await gone(proxy)
        assert await proxy.value("ollama_proxy_client_aborts_total", phase="waiting") == 20
        assert await proxy.value("ollama_proxy_errors_total") == 0
        assert open_files() <= before + 4  # the scrapes'


async def test_in_an_upload_that_the_upstream_does_not_take() -> None:
    """Back-pressure holds the client's bytes up, and its leaving lies behind them."""

    async def stall(call: Call) -> None:
        call.pause_reading()
        await call.peer_gone.wait()

    async with ScriptedServer(stall) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        size = 50 << 20
        await client.send(
            b"POST /api/blobs/sha256:0 HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: %d\r\n\r\n" % size
        )
        sending = asyncio.ensure_future(client.send(b"x" * size))
        await ollama.nth_call()
        seen = -1.0
        async with asyncio.timeout(10):
            while not sending.done() and seen != client.unsent():  # until it is held up
                seen = client.unsent()
                await asyncio.sleep(0.2)
        assert not sending.done()
        client.reset()
        sending.cancel()
        await gone(proxy)
        assert await proxy.value("ollama_proxy_client_aborts_total", phase="upload") == 1
        assert await proxy.value("ollama_proxy_errors_total") == 0


async def test_on_the_end_marker_before_the_connection_ended() -> None:
    """A client that has everything and leaves is served, not lost."""

    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Type", b"text/event-stream"), CHUNKED])
        await call.chunk(b'data: {"choices":[{"delta":{"content":"x"}}]}\n\ndata: [DONE]\n\n')
        await call.peer_gone.wait()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        client = await RawClient.connect(proxy.url)
        await client.request("POST", "/v1/chat/completions", CHAT)
        await client.head()
        await client.chunk()
        assert await left(client, await ollama.nth_call()) < AT_ONCE_SECONDS
        await gone(proxy)
        assert await proxy.value("ollama_proxy_client_aborts_total") == 0
        assert await proxy.value("ollama_proxy_requests_total", status="200") == 1
        assert await proxy.value("ollama_proxy_request_duration_seconds_count") == 1
