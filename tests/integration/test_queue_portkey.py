"""The queue before a real Portkey gateway: a turn lasts until the gateway has answered, whatever
became of it on the way.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.gateways import RunningGateway, running_gateway
from tests.ports import free_port
from tests.turns import (
    CHAT,
    answered,
    asking,
    counted,
    drained,
    queued,
    queueing,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[RunningGateway]:
    """One gateway for all that do not hurt it."""
    async with running_gateway() as gateway:
        yield gateway


def through(gateway: RunningGateway, **more: object) -> dict[str, Any]:
    return {"enable_portkey": True, "portkey_port": gateway.port, **more}


async def test_one_after_the_other_goes_through_the_gateway(gateway: RunningGateway) -> None:
    async with queueing(**through(gateway)) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(4)]
        await upstream.nth(1)
        await queued(proxy, 3)
        await upstream.go_through(4)
        for client in clients:
            head, body = await answered(client)
            assert (head.status, b'"done":true' in body) == (200, True)
        assert upstream.most_at_once == 1
        assert await proxy.value("ollama_proxy_portkey_requests_total", status="200") == 4
        await drained(proxy)


async def test_the_gateways_share_of_a_request_has_no_wait_in_it(gateway: RunningGateway) -> None:
    async with queueing(**through(gateway)) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(2)]
        await upstream.nth(1)
        await queued(proxy, 1)
        await asyncio.sleep(0.7)
        await upstream.go_through(2)
        for client in clients:
            await answered(client)
        await counted(proxy, 2, "ollama_proxy_portkey_overhead_seconds_count")
        assert await proxy.value("ollama_proxy_portkey_overhead_seconds_sum") < 0.5
        assert await proxy.value("ollama_proxy_overhead_seconds_sum") < 0.5


async def test_a_client_that_leaves_while_it_waits_or_is_answered_frees_its_place(
    gateway: RunningGateway,
) -> None:
    async with queueing(**through(gateway)) as (proxy, upstream):
        first, second, third = [await asking(proxy) for _ in range(3)]
        call = await upstream.nth(1)
        await queued(proxy, 2)
        second.reset()
        await queued(proxy, 1)
        first.reset()
        await asyncio.wait_for(call.peer_gone.wait(), 10)
        await upstream.nth(2)
        upstream.go(2)
        assert (await answered(third))[0].status == 200
        await drained(proxy)
        assert len(upstream.calls) == 2


async def test_what_the_gateway_cannot_carry_waits_as_well_and_goes_directly(
    gateway: RunningGateway,
) -> None:
    body = b'{"model": "smollm2:135m", "messages": [], "n": 1e999}'
    async with queueing(**through(gateway)) as (proxy, upstream):
        first = await asking(proxy)
        await upstream.nth(1)
        second = await asking(proxy, body=body)
        await queued(proxy, 1)
        assert await proxy.value("ollama_proxy_portkey_bypasses_total", reason="body") == 0
        await upstream.go_through(2)
        for client in (first, second):
            await client.head()
        assert upstream.calls[1].body == body
        for client in (first, second):
            client.close()
        await drained(proxy)


async def test_a_gateway_that_goes_down_while_they_wait_costs_nobody_its_turn() -> None:
    async with (
        running_gateway() as gateway,
        queueing(**through(gateway)) as (proxy, upstream),
    ):
        first = await asking(proxy, "X-Mark: 0", "X-Route: direct")
        await upstream.nth(1)
        waiting = []
        for number in range(1, 4):
            waiting.append(await asking(proxy, f"X-Mark: {number}"))
            await queued(proxy, number)
        gateway.process.kill()
        await gateway.process.wait()
        going = asyncio.ensure_future(upstream.go_through(4))
        for client in (first, *waiting):
            assert (await answered(client))[0].status == 200
        assert [call.header("x-mark") for call in upstream.calls[1:]] == ["1", "2", "3"]
        await going
        assert upstream.most_at_once == 1
        assert await proxy.value("ollama_proxy_portkey_fallbacks_total", reason="gateway_down") >= 3
        await drained(proxy)


async def test_where_the_gateway_is_a_must_and_down_slots_come_back() -> None:
    told: dict[str, Any] = {
        "enable_portkey": True,
        "portkey_port": free_port(),
        "portkey_strict": True,
    }
    async with queueing(**told) as (proxy, upstream):
        clients = [await asking(proxy) for _ in range(4)]
        for client in clients:
            assert (await answered(client))[0].status == 502
        assert not upstream.calls
        await drained(proxy)


@pytest.mark.parametrize("is_shared", [False, True])
async def test_with_the_answer_cache_before_it_a_turn_is_kept_as_well(is_shared: bool) -> None:
    """Those who share an answer go on together, directly, with the turn of one of them."""
    async with (
        running_gateway() as gateway,
        queueing(**through(gateway, cache="simple", cache_share_in_flight=is_shared)) as (
            proxy,
            upstream,
        ),
    ):
        first = await asking(proxy, "X-Route: direct", body={**CHAT, "keep_alive": 5})
        await upstream.nth(1)
        clients = [await asking(proxy) for _ in range(3)]
        await queued(proxy, 1 if is_shared else 3)
        gateway.process.kill()
        await gateway.process.wait()
        going = asyncio.ensure_future(upstream.go_through(2 if is_shared else 4))
        for client in (first, *clients):
            assert (await answered(client))[0].status == 200
        await going
        await drained(proxy)
