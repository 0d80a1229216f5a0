"""Which weights a name stands for: asked seldom, by one for all, and never in vain for long."""

import asyncio
import contextlib
import json

import pytest

from proxy.cache.digests import AGAIN_SECONDS, AGEING_SECONDS, FRESH_SECONDS, Digests
from proxy.pool import UpstreamPool
from proxy.shared import Shared
from tests.clock import Clock
from tests.fakes.server import Call, ScriptedServer
from tests.waiting import until

BOTH = ("ollama", "second")
OLD, NEW = "a" * 64, "b" * 64


class Tags:
    """An upstream that lists a model, or fails to; `gate` holds its answers back."""

    def __init__(self) -> None:
        self.digest = OLD
        self.status = "200 OK"
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0

    async def __call__(self, call: Call) -> None:
        assert (call.method, call.target) == ("GET", "/api/tags")
        self.asked += 1
        digest = self.digest
        await self.gate.wait()
        models = [{"name": "m:latest", "digest": digest}, {"name": "nameless:latest"}]
        await call.answer(self.status, [], json.dumps({"models": models}).encode())


def over(clock: Clock, *urls: str) -> Digests:
    names = ("ollama", "second")
    pools = {name: UpstreamPool(url, 1.0) for name, url in zip(names, urls, strict=False)}
    return Digests(pools, clock)


async def test_a_model_has_its_digest_and_one_that_is_not_there_has_none() -> None:
    tags = Tags()
    async with ScriptedServer(tags) as server:
        digests = over(Clock(), server.url)
        assert await digests.of("m:latest") == f" ollama={OLD}"
        assert await digests.of("none:latest") == ""
        assert await digests.of("nameless:latest") == ""
        assert tags.asked == 1
        digests.close()


async def test_of_several_upstreams_all_digests_count() -> None:
    tags, other = Tags(), Tags()
    other.digest = NEW
    async with ScriptedServer(tags) as one, ScriptedServer(other) as two:
        digests = over(Clock(), one.url, two.url)
        assert await digests.of("m:latest", BOTH) == f" ollama={OLD} second={NEW}"
        assert await digests.of("m:latest", ("second",)) == f" second={NEW}"
        assert await digests.of("m:latest") == f" ollama={OLD}"
        assert (tags.asked, other.asked) == (1, 1)
        digests.close()


async def test_those_who_need_it_together_ask_once_and_who_leaves_stops_nobody() -> None:
    tags = Tags()
    tags.gate.clear()
    async with ScriptedServer(tags) as server:
        digests = over(Clock(), server.url)
        waiting = [asyncio.ensure_future(digests.of("m:latest")) for _ in range(5)]
        await server.nth_call()
        waiting[0].cancel()
        tags.gate.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert found[1:] == [f" ollama={OLD}"] * 4
        assert tags.asked == 1
        digests.close()


async def test_what_is_ageing_is_asked_again_while_nobody_waits() -> None:
    tags, clock = Tags(), Clock()
    async with ScriptedServer(tags) as server:
        digests = over(clock, server.url)
        await digests.of("m:latest")
        tags.digest = NEW
        clock.now += AGEING_SECONDS
        assert await digests.of("m:latest") == f" ollama={OLD}"
        assert tags.asked == 1
        clock.now += 0.1
        tags.gate.clear()
        assert await digests.of("m:latest") == f" ollama={OLD}"
        await server.nth_call(2)
        tags.gate.set()
        async with asyncio.timeout(5):
            while await digests.of("m:latest") != f" ollama={NEW}":
                await asyncio.sleep(0.005)
        assert tags.asked == 2
        digests.close()


async def test_what_is_old_is_waited_for_and_never_used() -> None:
    tags, clock = Tags(), Clock()
    async with ScriptedServer(tags) as server:
        digests = over(clock, server.url)
        await digests.of("m:latest")
        tags.digest = NEW
        clock.now += FRESH_SECONDS + 0.1
        assert await digests.of("m:latest") == f" ollama={NEW}"
        digests.close()


async def test_a_change_is_seen_at_once_also_by_what_was_being_read() -> None:
    tags = Tags()
    async with ScriptedServer(tags) as server:
        digests = over(Clock(), server.url)
        await digests.of("m:latest")
        tags.digest = NEW
        digests.forget()
        assert await digests.of("m:latest") == f" ollama={NEW}"
        digests.forget()
        tags.gate.clear()
        reading = asyncio.ensure_future(digests.of("m:latest"))
        await server.nth_call(3)
        digests.forget()
        tags.gate.set()
        assert await reading is None
        assert await digests.of("m:latest") == f" ollama={NEW}"
        digests.close()


async def test_where_nobody_tells_it_is_asked_again_after_a_moment_and_nobody_waits() -> None:
    tags, clock = Tags(), Clock()
    tags.status = "500 X"
    async with ScriptedServer(tags) as server:
        digests = over(clock, server.url)
        assert [await digests.of("m:latest") for _ in range(3)] == [None] * 3
        assert tags.asked == 1
        tags.status = "200 OK"
        tags.gate.clear()
        clock.now += AGAIN_SECONDS + 0.1
        assert await digests.of("m:latest") is None
        await server.nth_call(2)
        assert await digests.of("m:latest") is None
        tags.gate.set()
        async with asyncio.timeout(5):
            while await digests.of("m:latest") != f" ollama={OLD}":
                await asyncio.sleep(0.005)
        assert tags.asked == 2
        digests.close()


@pytest.mark.parametrize("hangs", [True, False])
async def test_an_upstream_that_does_not_tell_costs_only_those_who_may_reach_it(
    hangs: bool,
) -> None:
    tags, other = Tags(), Tags()
    other.gate.clear()
    async with ScriptedServer(tags) as one, contextlib.AsyncExitStack() as stack:
        two = await stack.enter_async_context(ScriptedServer(other))
        digests = over(Clock(), one.url, two.url)
        if not hangs:
            await stack.aclose()
        waiting = asyncio.ensure_future(digests.of("m:latest", BOTH))
        async with asyncio.timeout(0.5):
            assert await digests.of("m:latest") == f" ollama={OLD}"
        assert await waiting is None
        async with asyncio.timeout(0.5):
            assert await digests.of("m:latest", ("second",)) is None
            assert await digests.of("m:latest") == f" ollama={OLD}"
        other.gate.set()
        digests.close()


async def test_upstreams_are_asked_at_the_same_time() -> None:
    tags, other = Tags(), Tags()
    tags.gate.clear()
    other.gate.clear()
    async with ScriptedServer(tags) as one, ScriptedServer(other) as two:
        digests = over(Clock(), one.url, two.url)
        waiting = asyncio.ensure_future(digests.of("m:latest", BOTH))
        await one.nth_call()
        await two.nth_call()
        tags.gate.set()
        other.gate.set()
        assert await waiting == f" ollama={OLD} second={OLD}"
        digests.close()


async def test_what_changes_by_way_of_another_process_is_seen_at_once() -> None:
    tags, shared = Tags(), Shared()
    async with ScriptedServer(tags) as server:
        here, there = (
            Digests({"ollama": UpstreamPool(server.url, 1.0)}, Clock(), one.model_changes(index))
            for index, one in enumerate((shared, Shared(shared.descriptor)))
        )
        assert await here.of("m:latest") == f" ollama={OLD}"
        tags.digest = NEW
        there.forget()
        assert await here.of("m:latest") == f" ollama={NEW}"
        here.close()
        there.close()


async def test_a_body_that_is_no_list_tells_nothing() -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [], b"hello")

    async with ScriptedServer(script) as server:
        digests = over(Clock(), server.url)
        assert await digests.of("m:latest") is None
        digests.close()


async def test_no_connection_stays_open_at_the_end() -> None:
    tags = Tags()
    async with ScriptedServer(tags) as server:
        digests = over(Clock(), server.url)
        await digests.of("m:latest")
        assert len(server.transports) == 1
        digests.close()
        await until(lambda: not server.transports)
