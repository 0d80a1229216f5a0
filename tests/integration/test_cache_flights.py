"""Identical requests in flight: one answer for all, whoever comes, lags behind or leaves."""

import asyncio
import contextlib

import aiohttp
import pytest

from proxy.cache.flights import BACKLOG_BYTES
from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.lookups import (
    CHAT,
    END,
    LINE,
    answer,
    asked,
    looked,
    looking,
    status_of,
    stepping,
    stored,
)
from tests.servers import RunningProxy, running_proxy
from tests.waiting import until

WITHIN_SECONDS = 10


async def asking(proxy: RunningProxy) -> RawClient:
    """A client that has asked."""
    client = await RawClient.connect(proxy.url)
    await client.request("POST", *CHAT)
    return client


async def test_twenty_at_once_cost_the_upstream_one() -> None:
    script = FakeOllama(faults=Faults(queue_seconds=0.2))
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple", cache_share_in_flight=True) as proxy,
    ):
        found = await asyncio.gather(*(answer(proxy, CHAT) for _ in range(20)))
        assert len({body for _, body in found}) == 1
        statuses = sorted(status_of(head) or "" for head, _ in found)
        assert statuses == [*["HIT"] * 19, "MISS"]
        assert asked(ollama, CHAT[0]) == 1
        await looked(proxy, "shared", 19)
        await stored(proxy)
        for type_, name in (("output", "generated"), ("input", "prompt")):
            tokens = await proxy.value(f"ollama_proxy_{name}_tokens_total")
            saved = await proxy.value("ollama_proxy_cache_saved_tokens_total", type=type_)
            assert saved == 19 * tokens > 0


async def test_without_the_setting_nothing_is_shared() -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(queue_seconds=0.1))) as ollama,
        running_proxy(ollama.url, cache="simple") as proxy,
    ):
        found = await asyncio.gather(*(answer(proxy, CHAT) for _ in range(3)))
        assert [status_of(head) for head, _ in found] == ["MISS"] * 3
        assert asked(ollama, CHAT[0]) == 3


@pytest.mark.parametrize("when", ["before the head", "in mid-answer", "at the end"])
async def test_the_first_ones_leaving_does_not_take_the_others_down(when: str) -> None:
    async with stepping() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.came.wait()
        others = [asyncio.ensure_future(answer(proxy, CHAT)) for _ in range(3)]
        await looking(proxy, 4)
        if when != "before the head":
            upstream.begin()
            await first.head()
            assert await first.chunk()
        if when == "at the end":
            upstream.say(b"more")
            await first.chunk()
        first.reset()
        await proxy_has_noticed(proxy, 1)
        if when == "before the head":
            upstream.begin()
        upstream.end()
        found = await asyncio.gather(*others)
        assert len(upstream.chats) == 1
        assert {body[-5:] for _, body in found} == {b"0\r\n\r\n"}
        assert all(b"first" in body and b'"done":true' in body for _, body in found)
        expected = ["HIT"] * 3 if when != "before the head" else ["HIT", "HIT", "MISS"]
        assert sorted(status_of(head) or "" for head, _ in found) == expected
        await stored(proxy)
        assert await proxy.value("ollama_proxy_cache_stored_total") == 1
        again, body = await answer(proxy, CHAT)
        assert (status_of(again), body) == ("HIT", found[0][1])


async def proxy_has_noticed(proxy: RunningProxy, count: int) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while await proxy.value("ollama_proxy_requests_total", status="499") < count:
            await asyncio.sleep(0.01)


async def test_when_all_have_left_the_upstream_is_let_go_of_and_nothing_is_kept() -> None:
    async with stepping() as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(3)]
        await looking(proxy, 3)
        upstream.begin()
        for client in clients:
            await client.head()
        for client in clients:
            client.reset()
        async with asyncio.timeout(WITHIN_SECONDS):
            await upstream.chats[0].peer_gone.wait()
        await proxy_has_noticed(proxy, 3)
        upstream.parts = asyncio.Queue()
        later = asyncio.ensure_future(answer(proxy, CHAT))
        await until(lambda: len(upstream.chats) == 2)
        upstream.begin()
        upstream.end()
        head, _ = await later
        assert status_of(head) == "MISS"
        assert await proxy.value("ollama_proxy_cache_not_stored_total", reason="incomplete") == 1


async def test_who_joins_in_mid_answer_gets_all_of_it() -> None:
    async with stepping() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.came.wait()
        upstream.begin()
        await first.head()
        begun = await first.chunk()
        late = await asking(proxy)
        head = await late.head()
        assert status_of(head) == "HIT"
        assert await late.chunk() == begun
        upstream.say(b"second")
        assert await late.chunk() == await first.chunk()
        upstream.end()
        assert await late.body(head) == await first.body(head)
        assert len(upstream.chats) == 1
        first.close()
        late.close()


async def test_a_slow_one_beside_a_fast_one_costs_bounded_memory_and_gets_everything() -> None:
    """The upstream is stopped when the slow one is too far behind, and goes on when it reads."""
    size, count = 256 * 1024, 60
    sent = []
    fake = FakeOllama()

    async def script(call: Call) -> None:
        await call.is_read.wait()
        if call.target != CHAT[0]:
            await fake(call)
            return
        kind = (b"Content-Type", b"application/x-ndjson")
        await call.head("200 OK", [kind, (b"Transfer-Encoding", b"chunked")])
        for number in range(count):
            await call.chunk(b"%c" % (97 + number % 26) * size)
            sent.append(number)
        await call.last_chunk()

    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple", cache_share_in_flight=True) as proxy,
    ):
        slow = await RawClient.connect(proxy.url, limit=1024)
        await slow.request("POST", *CHAT)
        fast = await RawClient.connect(proxy.url)
        await fast.request("POST", *CHAT)
        await fast.head()
        reading = asyncio.ensure_future(fast.rest())
        await not_moving(sent)
        # kernels hold some for both; the rest waits at the upstream, not in the proxy
        assert len(sent) * size < BACKLOG_BYTES + 12 * 1024 * 1024 < size * count
        await slow.head()
        body = await slow_body(slow)
        assert body == b"".join(b"%c" % (97 + number % 26) * size for number in range(count))
        assert len(sent) == count
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        fast.close()
        slow.close()


class Tokens:
    """An upstream whose answers have a hundred tokens, and take half a second: it counts them."""

    def __init__(self) -> None:
        self.generated = 0
        self.asked = 0
        self._fake = FakeOllama()

    async def __call__(self, call: Call) -> None:
        """Answer one request, as long as somebody waits."""
        await call.is_read.wait()
        if call.target != CHAT[0]:
            await self._fake(call)
            return
        self.asked += 1
        kind = (b"Content-Type", b"application/x-ndjson")
        await asyncio.sleep(0.05)
        for number in range(100):
            if call.peer_gone.is_set():
                return
            if not number:
                await call.head("200 OK", [kind, (b"Transfer-Encoding", b"chunked")])
            self.generated += 1
            await call.chunk(LINE % b"token")
            await asyncio.sleep(0.004)
        await call.chunk(END.replace(b'"eval_count":4', b'"eval_count":100'))
        await call.last_chunk()


async def leaving_after(client: RawClient, chunks: int | None) -> bool:
    """Read so many chunks, none: not even the head, None: all. Whether it got everything."""
    if chunks:
        await client.head()
        for _ in range(chunks):
            await client.chunk()
    if chunks is not None:
        client.reset()
        return False
    head = await client.head()
    body = await client.body(head)
    client.close()
    return body.endswith(END.replace(b'"eval_count":4', b'"eval_count":100'))


STAYS = None
WHO_LEAVES: dict[str, list[int | None]] = {
    "nobody": [STAYS, STAYS, STAYS],
    "the first, before the head": [0, STAYS, STAYS],
    "the first, in mid-answer": [20, STAYS, STAYS],
    "the first, and one that joined": [20, 40, STAYS],
    "one that joined, and then the first": [40, 20, STAYS],
    "all but one, one after the other": [0, 10, 30, 50, STAYS],
    "one that joined": [STAYS, 10],
    "all, in the end": [10, 20, 30],
    "all, before the head": [0, 0],
}


@pytest.mark.parametrize("name", WHO_LEAVES)
async def test_what_the_upstream_generated_is_counted_once_whoever_leaves_when(name: str) -> None:
    upstream = Tokens()
    async with (
        ScriptedServer(upstream) as ollama,
        running_proxy(ollama.url, cache="simple", cache_share_in_flight=True) as proxy,
    ):
        clients = [await asking(proxy) for _ in WHO_LEAVES[name]]
        await looking(proxy, len(clients))
        is_whole = await asyncio.gather(
            *(
                leaving_after(client, chunks)
                for client, chunks in zip(clients, WHO_LEAVES[name], strict=True)
            )
        )
        await finished(proxy, len(clients))
        generated = await proxy.value("ollama_proxy_generated_tokens_total")
        saved = await proxy.value("ollama_proxy_cache_saved_tokens_total", type="output")
        wasted = await proxy.value("ollama_proxy_wasted_tokens_total")
        wasted_seconds = await proxy.value("ollama_proxy_wasted_seconds_total")
        prompt = await proxy.value("ollama_proxy_prompt_tokens_total")
        assert upstream.asked <= 1
        if any(is_whole):
            assert generated == upstream.generated == 100
            assert (prompt, wasted, wasted_seconds) == (9, 0, 0)
            # each whole answer was generated for somebody, or saved
            assert generated + saved == 100 * sum(is_whole)
        else:
            # what was on its way when the last one left was read by nobody
            assert 0 <= upstream.generated - generated <= 5
            assert (prompt, saved, wasted) == (0, 0, generated)
            assert upstream.asked == 0 or wasted_seconds > 0


async def finished(proxy: RunningProxy, count: int) -> None:
    """Wait until so many requests are booked, and nothing is in flight."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while await proxy.value("ollama_proxy_requests_total") < count:
            await asyncio.sleep(0.01)
        while await proxy.value("ollama_proxy_active_requests"):
            await asyncio.sleep(0.01)


async def test_while_others_wait_the_model_works_for_the_one_that_brought_it() -> None:
    """Who has left is counted as gone at once; its place in the live table is the model's."""
    async with stepping() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.came.wait()
        other = asyncio.ensure_future(answer(proxy, CHAT))
        await looking(proxy, 2)
        upstream.begin()
        await first.head()
        await first.chunk()
        first.reset()
        await proxy_has_noticed(proxy, 1)
        upstream.say(b"more")
        async with asyncio.timeout(WITHIN_SECONDS):
            while (rows := await in_flight(proxy)) != [("cache", None), ("direct", 2)]:
                await asyncio.sleep(0.01)
        assert rows[1] == ("direct", 2)
        upstream.end()
        await other
        await finished(proxy, 2)
        assert await in_flight(proxy) == []


async def in_flight(proxy: RunningProxy) -> list[tuple[str, int | None]]:
    """The way and the tokens of each request in flight that is answered."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{proxy.control_url}/api/inflight") as told,
    ):
        rows = (await told.json())["requests"]
    return sorted((row["routing"], row["tokens"]) for row in rows if row["phase"] == "answering")


async def not_moving(sent: list[int]) -> None:
    """Wait until nothing more is sent for a moment."""
    before = -1
    async with asyncio.timeout(WITHIN_SECONDS):
        while before != len(sent) or not sent:
            before = len(sent)
            await asyncio.sleep(0.3)


async def slow_body(client: RawClient) -> bytes:
    pieces = []
    async with asyncio.timeout(30):
        while piece := await client.chunk():
            pieces.append(piece)
    return b"".join(pieces)


async def test_an_answer_that_outgrows_the_limit_reaches_all_and_is_not_kept() -> None:
    async with stepping(cache_max_answer_bytes=4000) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(3)]
        await looking(proxy, 3)
        upstream.begin()
        for client in clients:
            await client.head()
        upstream.say(b"x" * 5000)
        for client in clients:
            await client.chunk()
            assert len(await client.chunk()) > 5000
        late = await asking(proxy)
        await until(lambda: len(upstream.chats) == 2)
        late.reset()
        await proxy_has_noticed(proxy, 1)
        upstream.end()
        for client in clients:
            assert b'"done":true' in await client.chunk()
            client.close()
        assert await proxy.value("ollama_proxy_cache_not_stored_total", reason="too_long") == 1


@pytest.mark.parametrize("status", [404, 503])
async def test_an_error_is_everybodys_as_it_would_have_been_and_is_not_kept(status: int) -> None:
    script = FakeOllama(faults=Faults(status=status, queue_seconds=0.2))
    async with (
        ScriptedServer(script) as ollama,
        running_proxy(ollama.url, cache="simple", cache_share_in_flight=True) as proxy,
    ):
        found = await asyncio.gather(*(answer(proxy, CHAT) for _ in range(5)))
        assert [head.status for head, _ in found] == [status] * 5
        assert len({body for _, body in found}) == 1
        assert asked(ollama, CHAT[0]) == 1
        script.faults = Faults()
        head, _ = await answer(proxy, CHAT)
        assert (status_of(head), head.status) == ("MISS", 200)


@pytest.mark.parametrize("is_begun", [False, True])
async def test_a_break_is_everybodys(is_begun: bool) -> None:
    async with stepping() as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(3)]
        await looking(proxy, 3)
        if is_begun:
            upstream.begin()
            for client in clients:
                await client.head()
                await client.chunk()
        upstream.chats[0].reset()
        for client in clients:
            if is_begun:
                assert await client.rest() == b""
            else:
                assert (await client.head()).status == 502
            client.close()
        assert len(upstream.chats) == 1
        assert await proxy.value("ollama_proxy_cache_stored_total") == 0
        errors = await proxy.value("ollama_proxy_errors_total")
        assert errors == 3


async def test_an_old_client_may_share_with_a_new_one() -> None:
    async with stepping() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.came.wait()
        old = await RawClient.connect(proxy.url)
        await old.send(old_request())
        await looking(proxy, 2)
        upstream.begin()
        upstream.end()
        head = await first.head()
        whole = await first.body(head)
        got = await old.rest()
        assert got.startswith(b"HTTP/1.")
        assert b"Transfer-Encoding" not in got
        assert got.partition(b"\r\n\r\n")[2] == whole
        first.close()
        old.close()


def old_request() -> bytes:
    import json

    body = json.dumps(CHAT[1]).encode()
    return b"POST %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (
        CHAT[0].encode(),
        len(body),
        body,
    )


async def test_who_wants_a_new_answer_or_none_kept_shares_with_nobody() -> None:
    async with stepping() as (proxy, upstream):
        first = await asking(proxy)
        await upstream.came.wait()
        others = []
        for line in ("Cache-Control: no-cache", "Cache-Control: no-store"):
            client = await RawClient.connect(proxy.url)
            await client.request("POST", *CHAT, line)
            others.append(client)
        await until(lambda: len(upstream.chats) == 3)
        for client in (first, *others):
            client.close()


async def test_who_asks_as_another_shares_with_nobody() -> None:
    async with stepping() as (proxy, upstream):
        clients = []
        for key in ("one", "two"):
            client = await RawClient.connect(proxy.url)
            await client.request("POST", *CHAT, f"Authorization: Bearer {key}")
            clients.append(client)
        await until(lambda: len(upstream.chats) == 2)
        for client in clients:
            client.close()


async def test_a_shutdown_in_mid_answer_waits_for_all_and_then_cuts_them() -> None:
    async with stepping(drain_seconds=0.3) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(3)]
        await looking(proxy, 3)
        upstream.begin()
        for client in clients:
            await client.head()
            await client.chunk()
    for client in clients:
        with pytest.raises(asyncio.IncompleteReadError):
            await client.chunk()
        client.close()


async def test_a_shutdown_waits_for_an_answer_that_ends_in_time() -> None:
    async with contextlib.AsyncExitStack() as stack:
        proxy, upstream = await stack.enter_async_context(stepping(drain_seconds=10.0))
        clients = [await asking(proxy) for _ in range(3)]
        await looking(proxy, 3)
        upstream.begin()
        heads = [await client.head() for client in clients]
        closing = asyncio.ensure_future(stack.aclose())
        upstream.end()
        for client, head in zip(clients, heads, strict=True):
            assert b'"done":true' in await client.body(head)
            client.close()
        await closing
