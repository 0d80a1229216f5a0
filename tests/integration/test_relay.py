"""The relay over real sockets: bytes, order and timing are the upstream's."""

import asyncio
import hashlib
import statistics
import time

import pytest

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, Script, ScriptedServer
from tests.servers import running_proxy

CHAT = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Why?"}]}
CHUNKED = (b"Transfer-Encoding", b"chunked")
CHUNKED_HELLO = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
MB = 1 << 20
CHUNKS = 50


async def test_the_first_chunk_passes_before_the_second_is_sent() -> None:
    release = asyncio.Event()

    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Type", b"application/x-ndjson"), CHUNKED])
        await call.chunk(b'{"message":{"content":"one"}}\n')
        await release.wait()  # set only once the client has the first chunk in its hands
        await call.chunk(b'{"message":{"content":"two"},"done":true}\n')
        await call.last_chunk()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            async with asyncio.timeout(5):
                await client.head()
                assert await client.chunk() == b'{"message":{"content":"one"}}\n'
            release.set()
            assert await client.chunk() == b'{"message":{"content":"two"},"done":true}\n'
            assert await client.chunk() == b""


async def test_no_chunk_is_kept_for_company() -> None:
    """Ping-pong: each chunk is sent when the client has the last one. A proxy that gathers
    chunks, or a socket that does, would add its interval to every one of them."""
    taken = asyncio.Queue[None]()
    sent_at: list[float] = []

    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Type", b"application/x-ndjson"), CHUNKED])
        for _ in range(CHUNKS):
            sent_at.append(time.perf_counter())
            await call.chunk(b'{"message":{"content":"a"}}\n')
            await taken.get()
        await call.last_chunk()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            await client.head()
            delays = []
            for number in range(CHUNKS):
                await client.chunk()
                delays.append(time.perf_counter() - sent_at[number])
                taken.put_nowait(None)
    assert statistics.median(delays) < 0.02


async def test_headers_pass_before_the_first_chunk_is_sent() -> None:
    release = asyncio.Event()

    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Type", b"application/x-ndjson"), CHUNKED])
        await release.wait()
        await call.last_chunk()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/pull", {"model": "x"})
            async with asyncio.timeout(5):
                assert (await client.head()).status == 200
            release.set()
            assert await client.chunk() == b""


async def test_an_upload_passes_piece_by_piece_with_its_length() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("201 Created", [], b"")

    size = 8 * MB
    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            head = (
                f"POST /api/blobs/sha256:0123 HTTP/1.1\r\nHost: localhost\r\n"
                f"Content-Length: {size}\r\n\r\n"
            )
            await client.send(head.encode() + b"a" * MB)
            call = await ollama.nth_call()
            async with asyncio.timeout(5):  # the first piece arrives while the rest is unsent
                await call.body_arrived.wait()
            assert call.header("content-length") == str(size)
            assert call.header("transfer-encoding") is None
            for _ in range(7):
                await client.send(b"a" * MB)
            assert (await client.head()).status == 201
    assert len(call.body) == size
    assert hashlib.sha256(call.body).digest() == hashlib.sha256(b"a" * size).digest()


async def test_a_chunked_upload_stays_chunked() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("200 OK", [], call.body)

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(
                b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"5\r\nhello\r\n"
            )
            call = await ollama.nth_call()
            await call.body_arrived.wait()
            await client.send(b"6\r\n world\r\n0\r\n\r\n")
            assert await client.body(await client.head()) == b"hello world"
    assert call.header("transfer-encoding") == "chunked"
    assert call.header("content-length") is None


async def test_the_request_reaches_the_upstream_as_it_was_written() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("200 OK", [], b"")

    target = "/v1/models/hf.co%2Fsome%2FModel:Q4?a=1&a=%20&b"
    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request(
                "PROPFIND",
                target,
                b"\x00\xff body",
                "Host: example.com:11435",
                "X-Twice: one",
                "X-Twice: two",
                "Origin: http://localhost:3000",
                "Authorization: Bearer key",
                "Connection: x-private, keep-alive",
                "X-Private: 1",
                "TE: trailers",
                "X-Empty:",
            )
            await client.head()
        call = await ollama.nth_call()
    assert (call.method, call.target, call.body) == ("PROPFIND", target, b"\x00\xff body")
    names = [name.decode().lower() for name, _ in call.headers]
    assert call.header("host") == "example.com:11435"
    assert [v for k, v in call.headers if k.lower() == b"x-twice"] == [b"one", b"two"]
    assert call.header("origin") == "http://localhost:3000"
    assert call.header("authorization") == "Bearer key"
    assert call.header("x-empty") == ""
    # neither what belongs to the connection, nor anything that the client did not send
    expected = {"host", "x-twice", "origin", "authorization", "x-empty", "content-length"}
    assert set(names) == expected


async def test_the_answer_reaches_the_client_as_it_was_written() -> None:
    sent = [
        (b"Content-Type", b"text/x-odd; a=b"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Content-Encoding", b"gzip"),
        (b"Server", b"ollama"),
        (b"Date", b"Mon, 23 Nov 2026 06:44:29 GMT"),
        (b"Access-Control-Allow-Origin", b"http://localhost:3000"),
        (b"Connection", b"X-Private"),
        (b"X-Private", b"1"),
    ]

    async def script(call: Call) -> None:
        await call.answer("418 I'm a teapot", sent, b"\x1f\x8b not really gzip")

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/")
            head = await client.head()
            body = await client.body(head)
    assert (head.status, body) == (418, b"\x1f\x8b not really gzip")
    *relayed, (added, _) = [(k.encode(), v.encode()) for k, v in head.headers]
    assert relayed == [*sent[:-2], (b"Content-Length", b"18")]
    assert added == b"X-Request-Id"


async def test_a_head_request_keeps_the_length_and_has_no_body() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Length", b"17")])

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            for _ in range(2):  # a body that was waited for would spoil the second
                await client.request("HEAD", "/")
                head = await client.head()
                assert (head.status, head.get("content-length")) == (200, "17")


async def test_a_line_of_many_megabytes_passes_and_is_measured() -> None:
    text = "x" * (6 * MB)
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url) as proxy:

        async def script(call: Call) -> None:
            await call.head("200 OK", [(b"Content-Type", b"application/x-ndjson"), CHUNKED])
            await call.chunk(b'{"response":"' + text.encode() + b'"}\n')
            await call.chunk(b'{"done":true,"done_reason":"stop","eval_count":5}\n')
            await call.last_chunk()

        ollama.script = script
        async with await RawClient.connect(proxy.url, limit=8 * MB) as client:
            await client.request("POST", "/api/generate", {"model": "m", "prompt": "p"})
            body = await client.body(await client.head())
        assert len(body) > 6 * MB
        assert await proxy.value("ollama_proxy_generated_tokens_total") == 5


async def test_a_slow_client_slows_the_upstream_down() -> None:
    """Nobody reads: the upstream must be held up long before it has sent everything."""
    sent = 0

    async def script(call: Call) -> None:
        nonlocal sent
        await call.head("200 OK", [CHUNKED])
        for _ in range(512):
            await call.chunk(b"x" * (MB // 4))
            sent += MB // 4

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url, limit=1024) as client:
            await client.request("GET", "/api/tags")
            await client.head()
            seen = -1
            async with asyncio.timeout(20):
                while seen != sent:  # until it moves no more
                    seen = sent
                    await asyncio.sleep(0.5)
        assert 0 < sent < 64 * MB


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [True, False])
async def test_whether_it_streams_is_read_from_the_answer(path: str, stream: bool) -> None:
    fake = FakeOllama(Model(output_tokens=9))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        bodies = []
        for url in (ollama.url, proxy.url):
            async with await RawClient.connect(url) as client:
                asked = {**CHAT, "prompt": "Why?", "stream": stream}
                asked["stream_options"] = {"include_usage": True}
                await client.request("POST", path, asked)
                bodies.append(await client.body(await client.head()))
        assert bodies[0] == bodies[1]
        count = "ollama_proxy_time_to_first_token_seconds_count"
        assert await proxy.value(count, model=fake.model.name, routing="direct") == stream
        assert await proxy.value("ollama_proxy_generated_tokens_total") == 9
        assert await proxy.value("ollama_proxy_prompt_tokens_total") == 15


async def test_expect_100_continue_is_answered_before_the_body_is_sent() -> None:
    fake = FakeOllama()
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            body = b'{"model":"smollm2:135m","prompt":"x","stream":false}'
            await client.send(
                b"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)
            )
            assert (await client.head()).status == 100
            await client.send(body)
            assert (await client.head()).status == 200


async def test_one_connection_carries_many_requests() -> None:
    async with ScriptedServer(FakeOllama()) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            for _ in range(5):
                await client.request("GET", "/api/version")
                assert b"0.33.0" in await client.body(await client.head())
        assert len(ollama.transports) == 1
        assert await proxy.value("ollama_proxy_requests_total", endpoint="/api/version") == 5


async def test_a_refused_upload_is_answered_before_it_was_sent_whole() -> None:
    async def script(call: Call) -> None:
        await call.answer("400 Bad Request", [(b"Connection", b"close")], b'{"error":"no"}')

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(
                b"POST /api/blobs/sha256:0 HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 100000\r\n\r\nstart"
            )
            head = await client.head()
            assert (head.status, await client.body(head)) == (400, b'{"error":"no"}')


async def test_ttft_is_the_scripted_one() -> None:
    fake = FakeOllama(Model(output_tokens=3), Faults(ttft_seconds=0.3))
    async with ScriptedServer(fake) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", CHAT)
            await client.body(await client.head())
        ttft = await proxy.value("ollama_proxy_time_to_first_token_seconds_sum")
        assert 0.3 <= ttft < 1.0


async def echo(call: Call) -> None:
    """Answer with the request's body."""
    await call.is_read.wait()
    await call.answer("200 OK", [(b"X-Method", call.method.encode())], call.body)


@pytest.mark.parametrize(
    "asked", ["Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk", "Upgrade: websocket", "Upgrade: x, y"]
)
@pytest.mark.parametrize("framing", ["Content-Length: 5\r\n\r\nhello", CHUNKED_HELLO])
async def test_an_upgrade_that_nobody_offers_is_ignored(asked: str, framing: str) -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            for number in (1, 2):  # and the connection goes on
                request = (
                    "POST /api/chat?a=1 HTTP/1.1\r\nHost: localhost\r\n"
                    f"Connection: Upgrade, HTTP2-Settings\r\n{asked}\r\n{framing}"
                ).encode()
                await client.send(request[:70])
                await asyncio.sleep(0.01)
                await client.send(request[70:])
                assert await client.body(await client.head()) == b"hello"
                call = await ollama.nth_call(number)
                assert call.target == "/api/chat?a=1"
                assert call.header("upgrade") is None
                assert call.header("http2-settings") is None


async def test_fields_after_a_chunked_body_never_become_headers() -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(
                b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                b"Trailer: Host\r\n\r\n5\r\nhello\r\n0\r\n"
                b"Host: evil.example\r\nAuthorization: Bearer trailer\r\n\r\n"
            )
            assert await client.body(await client.head()) == b"hello"
        call = await ollama.nth_call()
    assert call.header("host") == "localhost"
    assert call.header("authorization") is None


@pytest.mark.parametrize(
    ("target", "received"),
    [
        ("http://localhost:1/api/tags?a=b", "/api/tags?a=b"),
        ("//api//tags/../x", "//api//tags/../x"),
        ("/a?u=http://x/y", "/a?u=http://x/y"),
    ],
)
async def test_a_target_of_any_form_goes_on(target: str, received: str) -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert (await client.head()).status == 200
        call = await ollama.nth_call()
    assert call.target == received


async def test_a_target_that_cannot_be_sent_on_is_a_400_that_says_so() -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("GET", "nowhere")
            head = await client.head()
            assert head.status == 400
            assert b"expected a path that begins with /" in await client.body(head)
        assert await proxy.value("ollama_proxy_errors_total", error_type="bad_request") == 1


async def test_a_tunnel_is_refused() -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
            assert (await client.head()).status == 400
        assert ollama.calls == []


async def test_a_head_without_end_is_refused() -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 300_000)
            assert (await client.head()).status == 431
        assert ollama.calls == []


async def test_a_user_in_the_address_is_for_clients_without_a_key_of_their_own() -> None:
    async with ScriptedServer(echo) as ollama:
        url = ollama.url.replace("//", "//user:pass@")
        async with running_proxy(url) as proxy, await RawClient.connect(proxy.url) as client:
            await client.request("GET", "/", b"", "Authorization: Bearer mine")
            await client.head()
            await client.request("GET", "/")
            await client.head()
        own, lent = ollama.calls
    assert own.header("authorization") == "Bearer mine"
    assert lent.header("authorization") == "Basic dXNlcjpwYXNz"


async def test_a_304_with_a_length_has_no_body() -> None:
    async def script(call: Call) -> None:
        await call.head("304 Not Modified", [(b"Content-Length", b"17"), (b"ETag", b"x")])

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            for _ in range(2):
                await client.request("GET", "/")
                head = await client.head()
                assert (head.status, head.get("etag")) == (304, "x")


async def test_a_preflight_passes_and_is_no_call_of_a_model() -> None:
    async def script(call: Call) -> None:
        await call.head("204 No Content", [(b"Allow", b"POST")])

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("OPTIONS", "/api/chat", {"model": "made-up"})
            assert (await client.head()).status == 204
        assert await proxy.value("ollama_proxy_extraction_errors_total") == 0
        assert await proxy.value("ollama_proxy_requests_total", model="none", status="204") == 1
        assert "made-up:latest" not in {
            dict(labels).get("model") for _, labels in await proxy.samples()
        }


async def test_more_streams_than_a_client_library_allows_by_default_run_at_once() -> None:
    everyone = asyncio.Event()

    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Type", b"application/x-ndjson"), CHUNKED])
        await everyone.wait()
        await call.last_chunk()

    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        clients = [await RawClient.connect(proxy.url) for _ in range(150)]
        for client in clients:
            await client.request("POST", "/api/pull", {"model": "x"})
        async with asyncio.timeout(10):
            await ollama.nth_call(150)
            assert [(await client.head()).status for client in clients] == [200] * 150
        everyone.set()
        for client in clients:
            async with client:
                assert await client.chunk() == b""


def slow_after(release: asyncio.Event) -> Script:
    """Answers in two chunks, the second when it is let."""

    async def script(call: Call) -> None:
        await call.head("200 OK", [CHUNKED])
        await call.chunk(b"one")
        await release.wait()
        await call.chunk(b"two")
        await call.last_chunk()

    return script


@pytest.mark.parametrize(
    "follows", [b"\x00garbage\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", b"XX"]
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_what_is_no_request_never_disturbs_the_answer_in_flight(
    follows: bytes, at_once: bool
) -> None:
    release = asyncio.Event()
    first = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab"
    async with ScriptedServer(slow_after(release)) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(first + follows if at_once else first)
            head = await client.head()
            assert (head.status, await client.chunk()) == (200, b"one")
            if not at_once:
                await client.send(follows)
                await asyncio.sleep(0.05)
            release.set()
            assert (await client.chunk(), await client.chunk()) == (b"two", b"")
            if follows != b"XX":  # those may yet become a request
                refusal = await client.rest()  # and the connection ends
                assert refusal.startswith(b"HTTP/1.1 400 Bad Request\r\n")
                assert refusal.count(b"HTTP/1.1") == 1
        assert await proxy.value("ollama_proxy_requests_total", status="200") == 1
        assert await proxy.value("ollama_proxy_client_aborts_total") == 0


async def test_a_body_that_is_no_chunked_one_is_the_clients_mistake() -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(
                b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
            )
            await (await ollama.nth_call()).body_arrived.wait()
            await client.send(b"no size\r\n")
            assert (await client.head()).status == 400
        async with asyncio.timeout(5):
            while await proxy.value("ollama_proxy_active_requests"):
                await asyncio.sleep(0.01)
        assert await proxy.value("ollama_proxy_errors_total", error_type="bad_request") == 1
        assert await proxy.value("ollama_proxy_requests_total", status="400") == 1


async def test_many_requests_in_one_packet_are_answered_in_their_order() -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [], call.target.encode())

    count = 600
    asked = b"".join(
        b"GET /%d HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" % n
        for n in range(count)
    )
    async with ScriptedServer(script) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(asked)
            for number in range(count):
                assert await client.body(await client.head()) == b"/%d" % number


async def test_all_requests_of_a_client_that_has_ended_are_answered() -> None:
    """More than is read ahead: the end is seen long before the last request is read."""
    count = 3000
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.send(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" * count)
            client._writer.write_eof()
            for _ in range(count):
                head = await client.head()
                assert head.status == 200
                await client.body(head)
            assert await client.rest() == b""


async def test_a_long_head_on_a_used_connection_is_refused_too() -> None:
    async with ScriptedServer(echo) as ollama, running_proxy(ollama.url) as proxy:
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/", b"x")
            await client.body(await client.head())
            await client.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 300_000)
            assert (await client.head()).status == 431
