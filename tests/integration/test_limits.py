"""Clients that send too much, too slowly, or under a name that is not ours; and ones that do
not read."""

import asyncio

import pytest

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.servers import running_proxy

ASK = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Hi"}], "stream": False}


async def never_answer(call: Call) -> None:
    await call.peer_gone.wait()


async def test_a_request_beyond_the_limit_gets_503_and_when_to_try_again() -> None:
    async with (
        ScriptedServer(never_answer) as ollama,
        running_proxy(ollama.url, max_requests=1, retry_after_seconds=7) as proxy,
        await RawClient.connect(proxy.url) as first,
        await RawClient.connect(proxy.url) as second,
    ):
        await first.request("POST", "/api/chat", ASK)
        await ollama.nth_call(1)
        await second.request("POST", "/v1/chat/completions", ASK)
        head = await second.head()
        assert (head.status, head.get("retry-after")) == (503, "7")
        assert b"1 requests in flight" in (body := await second.body(head))
        assert b'"type": "api_error"' in body
        first.close()
        async with asyncio.timeout(5):
            while head.status == 503:
                await second.request("GET", "/api/version")
                ollama.script = FakeOllama()
                head = await second.head()
                await second.body(head)
        assert head.status == 200
        assert await proxy.value("ollama_proxy_queue_rejections_total") >= 1
        refused = await proxy.value("ollama_proxy_errors_total", error_type="proxy_queue_full")
        assert refused == await proxy.value("ollama_proxy_queue_rejections_total")


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
async def test_a_head_that_does_not_come_whole_gets_408(sent: bytes) -> None:
    async with (
        ScriptedServer(never_answer) as ollama,
        running_proxy(ollama.url, head_timeout_seconds=0.3) as proxy,
        await RawClient.connect(proxy.url) as client,
    ):
        await client.send(sent)
        async with asyncio.timeout(5):
            head = await client.head()
            assert head.status == 408
            assert b"head did not come whole" in await client.body(head)
            assert await client.rest() == b""
        assert await proxy.value("ollama_proxy_requests_total", status="408") == 1


async def test_a_head_that_trickles_in_has_no_more_time_than_one_that_stalls() -> None:
    async with (
        ScriptedServer(never_answer) as ollama,
        running_proxy(ollama.url, head_timeout_seconds=0.5) as proxy,
        await RawClient.connect(proxy.url) as client,
    ):

        async def trickle() -> None:
            await client.send(b"GET / HTTP/1.1\r\n")
            while True:
                await client.send(b"X-Drop: 1\r\n")
                await asyncio.sleep(0.05)

        trickling = asyncio.ensure_future(trickle())
        async with asyncio.timeout(5):
            assert (await client.head()).status == 408
        trickling.cancel()


async def test_a_body_that_stalls_gets_408_and_ends_the_upstream_request() -> None:
    async with (
        ScriptedServer(never_answer) as ollama,
        running_proxy(ollama.url, body_idle_seconds=0.3) as proxy,
        await RawClient.connect(proxy.url) as client,
    ):
        await client.send(b"POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234")
        call = await ollama.nth_call(1)
        async with asyncio.timeout(5):
            assert (await client.head()).status == 408
            await call.peer_gone.wait()
        assert await proxy.value("ollama_proxy_requests_total", status="408") == 1
        assert await proxy.value("ollama_proxy_active_requests") == 0


async def test_an_idle_connection_is_closed_in_time() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, keep_alive_seconds=0.3) as proxy,
        await RawClient.connect(proxy.url) as client,
    ):
        await client.request("GET", "/api/version")
        await client.body(await client.head())
        async with asyncio.timeout(5):
            assert await client.rest() == b""


async def test_a_head_over_the_limit_gets_431() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, max_head_bytes=2048) as proxy,
        await RawClient.connect(proxy.url) as client,
    ):
        await client.request("GET", "/api/version", b"", "X: " + "a" * 1900)
        head = await client.head()
        assert head.status == 200
        await client.body(head)
        await client.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 4000)
        head = await client.head()
        assert head.status == 431
        assert b"longer than 2048 bytes" in await client.body(head)
        assert await client.rest() == b""
        assert await proxy.value("ollama_proxy_requests_total", status="431") == 1


async def test_a_published_proxy_answers_under_its_names_only() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, allowed_hosts="ai.example, LAN-box") as proxy,
        await RawClient.connect(proxy.url) as client,
    ):
        for host, status in (
            ("ai.example", 200),
            ("AI.example:11435", 200),
            ("lan-box", 200),
            ("evil.example", 403),
            ("ai.example.evil", 403),
        ):
            await client.request("GET", "/api/version", b"", f"Host: {host}")
            head = await client.head()
            body = await client.body(head)
            assert head.status == status
            assert (b"PROXY_ALLOWED_HOSTS permits" in body) == (status == 403)
        for number in (1, 2, 3):
            call = await ollama.nth_call(number)
            assert f"http://{call.header('host')}" == ollama.url


async def test_a_client_that_does_not_read_stops_the_upstream_and_costs_bounded_memory() -> None:
    sent = 0

    async def pour(call: Call) -> None:
        nonlocal sent
        await call.head("200 OK", [(b"Transfer-Encoding", b"chunked")])
        while True:
            await call.chunk(b"x" * 65536)
            sent += 65536

    async with (
        ScriptedServer(pour) as ollama,
        running_proxy(ollama.url) as proxy,
        await RawClient.connect(proxy.url, limit=4096) as client,
    ):
        await client.request("POST", "/api/pull", ASK)
        await client.head()
        before = -1
        async with asyncio.timeout(20):
            while sent != before:  # until nothing moves: pipes and buffers are full
                before = sent
                await asyncio.sleep(0.3)
        # kernel buffers on three sockets, and ours: far from what would come in 0.3 s
        assert sent < 32 * 1024 * 1024
        for _ in range(20):
            assert await client.chunk() == b"x" * 65536
        client.reset()
        call = await ollama.nth_call(1)
        async with asyncio.timeout(5):
            await call.peer_gone.wait()


async def test_a_client_that_asks_on_and_reads_nothing_costs_bounded_memory() -> None:
    body, count = b"x" * 65536, 2000

    async def answer(call: Call) -> None:
        await call.answer("200 OK", [], body)

    async with (
        ScriptedServer(answer) as ollama,
        running_proxy(ollama.url) as proxy,
        await RawClient.connect(proxy.url, limit=4096) as client,
    ):
        await client.send(b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n" * count)
        before = -1
        async with asyncio.timeout(20):
            while len(ollama.calls) != before:
                before = len(ollama.calls)
                await asyncio.sleep(0.3)
        assert before < count / 2  # what fits into kernel buffers, not what was asked for
        for _ in range(count):
            assert await client.body(await client.head()) == body
        assert len(ollama.calls) == count


async def test_bad_bodies_take_no_slots() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, max_requests=1) as proxy,
    ):
        for _ in range(3):
            async with await RawClient.connect(proxy.url) as client:
                await client.send(
                    b"POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"
                )
                assert (await client.head()).status == 400
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/api/version")
            assert (await client.head()).status == 200
