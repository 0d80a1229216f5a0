"""Who is given what again: only to the same request of the same caller, of the same model."""

import asyncio
import json
import socket

import pytest

from proxy.cache.digests import FRESH_SECONDS
from tests.clients import Head, RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.lookups import CHAT, END, LINE, MODEL, REQUESTS, answer, asked, status_of, stored
from tests.servers import RunningProxy, running_proxy

USER = {"role": "user", "content": "Why is the sky blue?"}
PLAIN = json.dumps({"model": MODEL, "messages": [USER]}).encode()


async def ask(
    proxy: RunningProxy, body: bytes, *headers: str, path: str = "/api/chat"
) -> tuple[Head, bytes]:
    async with await RawClient.connect(proxy.url) as client:
        await client.request("POST", path, body, "Connection: close", *headers)
        return await client.head(), await client.rest()


@pytest.mark.parametrize(
    "other",
    [
        json.dumps({"messages": [USER], "model": MODEL}).encode(),
        json.dumps({"model": MODEL, "messages": [USER]}, indent=3).encode(),
        PLAIN.replace(b"sky", b"\\u0073ky"),
        PLAIN + b"\n",
    ],
)
async def test_another_spelling_of_the_same_request_is_given_the_same(other: bytes) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        _, first = await ask(proxy, PLAIN)
        await stored(proxy)
        head, second = await ask(proxy, other)
        assert (status_of(head), second) == ("HIT", first)


@pytest.mark.parametrize(
    ("body", "headers", "path"),
    [
        (PLAIN.replace(b"sky", b"sea"), (), "/api/chat"),
        (PLAIN[:-1] + b',"options":{"seed":1}}', (), "/api/chat"),
        (PLAIN[:-1] + b',"stream":true}', (), "/api/chat"),
        (PLAIN.replace(b'"role"', b'"images":[],"role"'), (), "/api/chat"),
        (PLAIN, (), "/api/chat?x=1"),
        (PLAIN, ("Authorization: Bearer x",), "/api/chat"),
        (PLAIN, ("x-api-key: x",), "/api/chat"),
        (PLAIN, ("Cookie: session=x",), "/api/chat"),
        (PLAIN, ("X-User: ada",), "/api/chat"),
        (PLAIN, ("Origin: http://localhost:3000",), "/api/chat"),
    ],
)
async def test_what_differs_is_asked_anew(body: bytes, headers: tuple[str, ...], path: str) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple", user_header="X-User") as proxy,
    ):
        await ask(proxy, PLAIN)
        await stored(proxy)
        head, _ = await ask(proxy, body, *headers, path=path)
        assert (status_of(head), head.status) == ("MISS", 200)


@pytest.mark.parametrize("name", ["format", "response_format", "tools"])
async def test_the_order_in_schemas_is_the_order_of_the_answer(name: str) -> None:
    def body(*names: str) -> bytes:
        schema = {"type": "object", "properties": {one: {"type": "string"} for one in names}}
        function = {"type": "function", "function": {"name": "f", "parameters": schema}}
        found: dict[str, object] = {
            "format": schema,
            "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
            "tools": [function],
        }
        return json.dumps({"model": MODEL, "messages": [USER], name: found[name]}).encode()

    path = "/v1/chat/completions" if name == "response_format" else "/api/chat"
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await ask(proxy, body("reasoning", "answer"), path=path)
        await stored(proxy)
        head, _ = await ask(proxy, body("answer", "reasoning"), path=path)
        assert status_of(head) == "MISS"
        head, _ = await ask(proxy, body("reasoning", "answer"), path=path)
        assert status_of(head) == "HIT"


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"%s","model":"%s","messages":[]}' % (MODEL.encode(), MODEL.encode()),
        b'{"model":"%s","Stream":false,"stream":false,"messages":[]}' % MODEL.encode(),
        b'{"model":"%s","options":{"temperature":NaN}}' % MODEL.encode(),
        b'{"model":"%s","prompt":"\xff"}' % MODEL.encode(),
        b"no json",
        b"[]",
        b'{"model":"not:there","messages":[]}',
        b'{"messages":[]}',
        PLAIN[:-1] + b',"images":"' + b"A" * 1_100_000 + b'"}',
    ],
)
async def test_what_is_not_certain_passes_unchanged_and_is_never_kept(body: bytes) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
        running_proxy(ollama.url, cache="off") as plain,
    ):
        bare, expected = await ask(plain, body)
        for _ in range(2):
            head, got = await ask(proxy, body)
            assert (status_of(head), head.status) == ("DISABLED", bare.status)
            assert got == expected
        assert {call.body for call in ollama.calls if call.target == CHAT[0]} == {body}
        assert await proxy.value("ollama_proxy_cache_stored_total") == 0


async def test_a_strange_page_is_refused_also_where_the_answer_is_known() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple", cache_shared_by_callers=True) as proxy,
    ):
        await ask(proxy, PLAIN)
        await stored(proxy)
        for line in ("Host: evil.example", "Origin: http://evil.example"):
            head, _ = await ask(proxy, PLAIN, line)
            assert head.status == 403


async def test_a_page_is_told_its_own_origin_again() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        for number, port in enumerate((3000, 5173, 3000, 5173)):
            head, _ = await ask(proxy, PLAIN, f"Origin: http://localhost:{port}")
            assert head.get("access-control-allow-origin") == f"http://localhost:{port}"
            assert status_of(head) == ("MISS" if number < 2 else "HIT")
            await stored(proxy, min(number + 1, 2))


@pytest.mark.parametrize("path", ["/api/pull", "/api/create", "/api/copy", "/api/delete"])
async def test_a_change_by_way_of_the_proxy_is_seen_at_once(path: str) -> None:
    script = FakeOllama()
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await answer(proxy, CHAT)
        await stored(proxy)
        script.library.digests[MODEL] = "f" * 64
        body = {"model": "other", "source": "other", "destination": "x", "from": "other"}
        method = "DELETE" if path == "/api/delete" else "POST"
        async with await RawClient.connect(proxy.url) as client:
            await client.request(method, path, body, "Connection: close")
            await client.rest()
        head, _ = await answer(proxy, CHAT)
        assert status_of(head) == "MISS"


async def test_a_change_past_the_proxy_is_seen_after_a_moment() -> None:
    script = FakeOllama()
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await answer(proxy, CHAT)
        await stored(proxy)
        script.library.digests[MODEL] = "f" * 64
        async with asyncio.timeout(FRESH_SECONDS + 2.0):
            while status_of((await answer(proxy, CHAT))[0]) != "MISS":
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("hangs", [True, False])
async def test_an_upstream_that_nobody_reaches_directly_is_none_of_the_direct_ways(
    hangs: bool,
) -> None:
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    if hangs:
        silent.listen(50)
    address = f"http://127.0.0.1:{silent.getsockname()[1]}"
    with silent:
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            running_proxy(ollama.url, cache="simple", upstreams=f"second={address}") as proxy,
        ):
            async with asyncio.timeout(0.9):  # nobody waits for the other
                head, _ = await answer(proxy, CHAT)
            assert status_of(head) == "MISS"
            await stored(proxy)
            assert status_of((await answer(proxy, CHAT))[0]) == "HIT"
            assert await proxy.value("ollama_proxy_cache_failures_total", part="digest") == 0


async def test_where_the_lists_are_not_to_be_had_everything_passes_and_nobody_waits() -> None:
    fake = FakeOllama()
    hanging = asyncio.Event()

    async def script(call: Call) -> None:
        if call.target == "/api/tags":
            await hanging.wait()
        await fake(call)

    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        async with asyncio.timeout(10):
            heads = [(await answer(proxy, CHAT))[0] for _ in range(20)]
        assert {(head.status, status_of(head)) for head in heads} == {(200, "DISABLED")}
        assert asked(ollama, "/api/tags") <= 2
        assert await proxy.value("ollama_proxy_cache_failures_total", part="digest") == 20
        hanging.set()


NOT_KEPT: dict[str, tuple[Faults, dict[str, object]]] = {
    "an error": (Faults(status=500), {}),
    "no model": (Faults(status=404), {}),
    "busy": (Faults(status=503), {}),
    "an error in mid-stream": (Faults(error_after=2), {}),
    "a reset": (Faults(drop_after=2), {}),
    "no end": (Faults(end_without_done_after=2), {}),
    "a line that is none": (Faults(malformed_after=2), {}),
    "loading": (Faults(), {"messages": []}),
    "unloading": (Faults(), {"messages": [], "keep_alive": 0}),
}


@pytest.mark.parametrize("name", NOT_KEPT)
async def test_what_is_no_whole_answer_is_not_kept(name: str) -> None:
    faults, more = NOT_KEPT[name]
    request = (CHAT[0], {**CHAT[1], **more})
    script = FakeOllama(faults=faults)
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        for number in range(1, 3):
            head, _ = await answer(proxy, request)
            assert status_of(head) == "MISS"
            async with asyncio.timeout(5):
                while await proxy.value("ollama_proxy_cache_not_stored_total") < number:
                    await asyncio.sleep(0.01)
        assert await proxy.value("ollama_proxy_cache_stored_total") == 0
        assert await proxy.value("ollama_proxy_cache_entries") == 0


async def test_what_its_client_wants_kept_nowhere_is_not_kept() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        for lines in (("no-store",), ("max-stale", "no-store"), ()):
            head, _ = await answer(proxy, CHAT, *(f"Cache-Control: {line}" for line in lines))
            assert status_of(head) == "MISS"
        reason = {"reason": "not_wanted"}
        assert await proxy.value("ollama_proxy_cache_not_stored_total", **reason) == 2
        await stored(proxy)
        head, _ = await answer(proxy, CHAT, "Cache-Control: private", "Cache-Control: no-cache")
        assert status_of(head) == "REFRESH"


async def test_what_is_compressed_or_too_long_is_not_kept() -> None:
    fake = FakeOllama()

    async def zipped(call: Call) -> None:
        if call.target == CHAT[0]:
            call.also_headers = [(b"Content-Encoding", b"gzip")]
            await call.is_read.wait()
            await call.answer("200 OK", [(b"Content-Type", b"application/x-ndjson")], b"zipped")
            return
        await fake(call)

    for script, reason, told in (
        (zipped, "encoded", {}),
        (fake, "too_long", {"cache_max_answer_bytes": 1024}),
        (fake, "too_long", {"cache_max_bytes": 1024}),
    ):
        async with (
            ScriptedServer(script) as ollama,
            running_proxy(ollama.url, cache="simple", **told) as proxy,
        ):
            found = [status_of((await answer(proxy, CHAT))[0]) for _ in range(2)]
            assert found == ["MISS"] * 2
            count = await proxy.value("ollama_proxy_cache_not_stored_total", reason=reason)
            assert count == 2
            assert await proxy.value("ollama_proxy_cache_stored_total") == 0


async def test_a_session_that_an_answer_begins_is_nobody_elses() -> None:
    fake = FakeOllama()

    async def with_cookie(call: Call) -> None:
        if call.target != CHAT[0]:
            await fake(call)
            return
        await call.is_read.wait()
        kind = (b"Content-Type", b"application/x-ndjson")
        await call.answer("200 OK", [kind, (b"Set-Cookie", b"session=1")], LINE % b"a" + END)

    async with (
        ScriptedServer(with_cookie) as ollama,
        running_proxy(ollama.url, cache="simple", cache_shared_by_callers=True) as proxy,
    ):
        first, _ = await answer(proxy, CHAT)
        await stored(proxy)
        second, _ = await answer(proxy, CHAT, "Cookie: of=another")
        assert first.get("set-cookie") == "session=1"
        assert (status_of(second), second.get("set-cookie")) == ("HIT", None)


@pytest.mark.parametrize("name", ["chat", "openai-chat", "messages"])
async def test_tools_are_part_of_what_is_asked_and_calls_of_them_are_kept(name: str) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    path, body = REQUESTS[name]
    request = (path, {**body, "tools": [tool]})
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        _, first = await answer(proxy, request)
        await stored(proxy)
        head, second = await answer(proxy, request)
        assert (status_of(head), second) == ("HIT", first)
        head, _ = await answer(proxy, REQUESTS[name])
        assert status_of(head) == "MISS"
