"""Hits for clients of every kind: old, slow, ahead of their turn, half closed, and gone."""

import asyncio
import json
import time
from contextlib import AsyncExitStack

import pytest

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer
from tests.lookups import CHAT, MODEL, REQUESTS, answer, asked, looked, status_of, stored
from tests.servers import RunningProxy, running_proxy

BODY = json.dumps(CHAT[1]).encode()
HEAD = b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % len(BODY)
LARGE = 1024 * 1024


async def kept(proxy: RunningProxy) -> bytes:
    """Have the chat's answer kept; its body as it came over the wire."""
    _, body = await answer(proxy, CHAT)
    await stored(proxy)
    return body


async def ended(proxy: RunningProxy, count: float, **labels: str) -> None:
    async with asyncio.timeout(5):
        while await proxy.value("ollama_proxy_requests_total", **labels) < count:
            await asyncio.sleep(0.01)


def payload_of(chunked: bytes) -> bytes:
    """The payload of a chunked body."""
    payload, at = b"", 0
    while True:
        end = chunked.index(b"\r\n", at)
        size = int(chunked[at:end], 16)
        if not size:
            return payload
        payload += chunked[end + 2 : end + 2 + size]
        at = end + 4 + size


async def test_an_old_client_gets_the_payload_and_the_end_of_the_connection() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        body = await kept(proxy)
        async with await RawClient.connect(proxy.url) as client:
            await client.send(HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n" + BODY)
            head, _, payload = (await client.rest()).partition(b"\r\n\r\n")
        assert b"x-portkey-cache-status: HIT" in head
        assert b"hunked" not in head
        assert payload == payload_of(body)


async def test_requests_ahead_of_their_turn_are_answered_in_turn_on_one_connection() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        body = await kept(proxy)
        other = json.dumps({**CHAT[1], "options": {"seed": 7}}).encode()
        length = b"Content-Length: %d\r\n\r\n" % len(other)
        between = HEAD.replace(b"Content-Length: %d\r\n" % len(BODY), length) + other
        async with await RawClient.connect(proxy.url) as client:
            await client.send((HEAD + b"\r\n" + BODY) * 3 + between + HEAD + b"\r\n" + BODY)
            found = []
            for _ in range(5):
                head = await client.head()
                found.append((status_of(head), await client.body(head)))
        assert [status for status, _ in found] == ["HIT", "HIT", "HIT", "MISS", "HIT"]
        assert {payload for status, payload in found if status == "HIT"} == {payload_of(body)}


async def test_a_client_that_has_closed_its_sending_side_gets_its_hit() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        body = await kept(proxy)
        reader, writer = await asyncio.open_connection(
            *proxy.url.removeprefix("http://").split(":")
        )
        writer.write(HEAD + b"\r\n" + BODY)
        writer.write_eof()
        got = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert got.endswith(body)
        await looked(proxy, "hit")
        assert await proxy.value("ollama_proxy_requests_total", status="200") == 2


async def test_what_a_client_only_asks_about_passes_by() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        await kept(proxy)
        for method in ("GET", "HEAD", "OPTIONS"):
            async with await RawClient.connect(proxy.url) as client:
                await client.request(method, "/api/chat", b"", "Connection: close")
                head = await client.head()
                assert status_of(head) is None
        before = asked(ollama, CHAT[0])
        async with await RawClient.connect(proxy.url) as client:
            await client.send(HEAD + b"Expect: 100-continue\r\n\r\n")
            assert (await client.head()).status == 100
            await client.send(BODY)
            head = await client.head()
            assert (head.status, status_of(head)) == (200, None)
        assert asked(ollama, CHAT[0]) == before + 1


async def test_a_chunked_request_is_the_same_request_and_goes_out_as_it_came() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        head = b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        pieces = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (BODY[:9], BODY[9:]))
        raw = head + b"".join(pieces) + b"0\r\n\r\n"
        async with await RawClient.connect(proxy.url) as client:
            await client.send(raw)
            found = await client.head()
            assert (found.status, status_of(found)) == (200, "MISS")
            await client.body(found)
        call = next(call for call in ollama.calls if call.target == CHAT[0])
        assert call.header("transfer-encoding") == "chunked"
        assert call.header("content-length") is None
        assert call.body == BODY
        await stored(proxy)
        found, _ = await answer(proxy, CHAT)
        assert status_of(found) == "HIT"


async def large(call: Call) -> None:
    """A whole chat answer of a megabyte, with its length."""
    await call.is_read.wait()
    if call.target != CHAT[0]:
        await FakeOllama()(call)
        return
    said = {
        "model": MODEL,
        "message": {"role": "assistant", "content": "x" * (LARGE - 300)},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 1,
        "eval_count": 9,
    }
    kind = (b"Content-Type", b"application/json; charset=utf-8")
    await call.answer("200 OK", [kind], json.dumps(said).encode())


async def test_a_slow_reader_of_a_large_hit_is_served_whole_beside_others() -> None:
    async with (
        ScriptedServer(large) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        body = await kept(proxy)
        assert LARGE - 300 < len(body) < LARGE
        slow = await RawClient.connect(proxy.url, limit=4096)
        await slow.request("POST", *CHAT)
        head = await slow.head()
        assert status_of(head) == "HIT"
        for _ in range(20):
            _, other = await answer(proxy, CHAT)
            assert other == body
        assert await slow.body(head) == body
        slow.close()


async def test_who_leaves_a_hit_in_its_midst_is_an_abort_that_wasted_nothing() -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(tokens_per_second=10))) as ollama,
        running_proxy(ollama.url, cache="simple", cache_replay="recorded") as proxy,
    ):
        await kept(proxy)
        client = await RawClient.connect(proxy.url)
        await client.request("POST", *CHAT)
        await client.head()
        await client.chunk()
        client.reset()
        await ended(proxy, 1, status="499", routing="cache")
        assert await proxy.value("ollama_proxy_client_aborts_total", routing="cache") == 1
        assert await proxy.value("ollama_proxy_wasted_tokens_total") == 0
        assert await proxy.value("ollama_proxy_wasted_seconds_total") == 0
        assert await proxy.value("ollama_proxy_cache_saved_seconds_total") == 0
        assert await proxy.value("ollama_proxy_cache_lookups_total", result="hit") == 1
        assert await proxy.value("ollama_proxy_active_requests") == 0


async def test_a_stream_may_be_given_again_at_the_pace_that_it_had() -> None:
    script = FakeOllama(
        Model(output_tokens=8), faults=Faults(ttft_seconds=0.2, tokens_per_second=20)
    )
    for replay, slowest, fastest in (("recorded", 1.2, 0.45), ("fast", 0.2, 0.0)):
        async with (
            ScriptedServer(script) as ollama,
            running_proxy(ollama.url, cache="simple", cache_replay=replay) as proxy,
        ):
            body = await kept(proxy)
            client = await RawClient.connect(proxy.url)
            began = time.perf_counter()
            await client.request("POST", *CHAT)
            head = await client.head()
            first_after = time.perf_counter() - began
            assert await client.body(head) == payload_of(body)
            seconds = time.perf_counter() - began
            client.close()
            assert fastest < seconds < slowest + 1.0
            assert first_after > 0.15 or replay == "fast"


async def test_a_shutdown_waits_for_a_hit_in_its_midst_and_cuts_one_that_takes_too_long() -> None:
    script = FakeOllama(Model(output_tokens=10), faults=Faults(tokens_per_second=10))
    for drain_seconds, is_whole in ((10.0, True), (0.2, False)):
        async with ScriptedServer(script) as ollama, AsyncExitStack() as stack:
            told = {"cache": "simple", "cache_replay": "recorded"}
            running = running_proxy(ollama.url, drain_seconds=drain_seconds, **told)
            proxy = await stack.enter_async_context(running)
            body = await kept(proxy)
            client = await RawClient.connect(proxy.url)
            await client.request("POST", *CHAT)
            head = await client.head()
            first = await client.chunk()
            await stack.aclose()
            if is_whole:
                assert first + await client.body(head) == payload_of(body)
            else:
                with pytest.raises(asyncio.IncompleteReadError):
                    await client.body(head)
            client.close()


async def test_a_hit_is_a_request_in_flight_like_any_other() -> None:
    """It holds a connection and memory: the limit is for it as well."""
    script = FakeOllama(Model(output_tokens=6), faults=Faults(tokens_per_second=10))
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple", cache_replay="recorded", max_requests=1) as proxy,
    ):
        await kept(proxy)
        client = await RawClient.connect(proxy.url)
        await client.request("POST", *CHAT)
        head = await client.head()
        refused, _ = await answer(proxy, CHAT)
        assert (refused.status, status_of(refused)) == (503, None)
        await client.body(head)
        client.close()
        again, _ = await answer(proxy, CHAT)
        assert status_of(again) == "HIT"


async def test_token_counts_that_were_asked_for_are_in_no_hit_that_did_not_ask() -> None:
    plain = REQUESTS["openai-chat"]
    asking = (plain[0], {**plain[1], "stream_options": {"include_usage": True}})
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple", inject_usage=True) as proxy,
    ):
        first, without = await answer(proxy, plain)
        await stored(proxy)
        second, again = await answer(proxy, plain)
        assert (status_of(first), status_of(second)) == ("MISS", "HIT")
        assert payload_of(again) == payload_of(without)
        assert b'"usage"' not in again
        third, asked_for = await answer(proxy, asking)
        assert (status_of(third), b'"usage"' in asked_for) == ("HIT", True)
        assert asked(ollama, plain[0]) == 1
        await looked(proxy, "hit", 2)
        saved = await proxy.value("ollama_proxy_cache_saved_tokens_total", type="output")
        assert saved == 2 * await proxy.value("ollama_proxy_generated_tokens_total") > 0


async def test_a_long_body_is_asked_for_counts_with_the_cache_as_without() -> None:
    """The cache keeps less of a body than the asking does."""
    path, body = REQUESTS["openai-chat"]
    long = (path, {**body, "messages": [{"role": "user", "content": "x" * 2_000_000}]})
    for cache in ("off", "simple"):
        async with (
            ScriptedServer(FakeOllama()) as ollama,
            running_proxy(ollama.url, cache=cache, inject_usage=True) as proxy,
        ):
            head, _ = await answer(proxy, long)
            assert status_of(head) == (None if cache == "off" else "DISABLED")
            call = next(call for call in ollama.calls if call.target == path)
            assert b"include_usage" in call.body


async def test_each_answer_has_its_own_requests_id() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        ids = []
        for number in range(3):
            head, _ = await answer(proxy, CHAT, f"X-Request-Id: mine-{number}")
            ids.append([value for name, value in head.headers if name.lower() == "x-request-id"])
            await stored(proxy)
        assert ids == [["mine-0"], ["mine-1"], ["mine-2"]]
