"""The queue behind the answer cache: what was answered before needs no turn, what is asked by
several at once one, and nobody's leaving loses or keeps it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from tests.clients import RawClient
from tests.lookups import looked, looking, status_of, stored
from tests.servers import RunningProxy
from tests.turns import (
    CHAT,
    Upstream,
    answered,
    asking,
    counted,
    drained,
    queued,
    queueing,
)

SHARED: dict[str, Any] = {"cache": "simple", "cache_share_in_flight": True}


def question(text: str) -> Mapping[str, object]:
    return {**CHAT, "messages": [{"role": "user", "content": text}]}


@pytest_asyncio.fixture
async def busy() -> AsyncIterator[tuple[RunningProxy, Upstream, RawClient]]:
    """A proxy whose one slot is taken by its first client."""
    async with queueing(**SHARED) as (proxy, upstream):
        first = await asking(proxy, body=question("busy"))
        await upstream.nth(1)
        yield proxy, upstream, first


Busy = tuple[RunningProxy, Upstream, RawClient]


async def test_what_was_answered_before_needs_no_turn(busy: Busy) -> None:
    proxy, upstream, first = busy
    upstream.go(1)
    await answered(first)
    await stored(proxy)
    another = await asking(proxy, body=question("another"))
    await upstream.nth(2)
    again = await asking(proxy, body=question("busy"))
    head, _ = await answered(again)
    assert status_of(head) == "HIT"
    assert await proxy.value("ollama_proxy_queue_waiting_requests") == 0
    upstream.go(2)
    await answered(another)
    await drained(proxy)


async def test_those_who_ask_the_same_wait_once_and_share_the_answer(busy: Busy) -> None:
    proxy, upstream, first = busy
    clients = [await asking(proxy) for _ in range(5)]
    await looking(proxy, 6)
    assert len(await queued(proxy, 1)) == 1
    await upstream.go_through(2)
    await answered(first)
    bodies = {(await answered(client))[1] for client in clients}
    assert len(bodies) == 1
    assert len(upstream.calls) == 2
    await looked(proxy, "shared", 4)
    await drained(proxy)
    assert await proxy.value("ollama_proxy_queue_requests_total") == 2


@pytest.mark.parametrize("leave", [1, 2])
async def test_one_that_leaves_hands_its_place_to_the_next_who_asks_the_same(
    busy: Busy, leave: int
) -> None:
    proxy, upstream, first = busy
    clients = [await asking(proxy) for _ in range(3)]
    await looking(proxy, 4)
    behind = await asking(proxy, body=question("behind"))
    await queued(proxy, 2)
    for number in range(leave):
        clients[number].reset()
        await counted(proxy, number + 1, "ollama_proxy_client_aborts_total", phase="queued")
    assert len(await queued(proxy, 2)) == 2
    await upstream.go_through(3)
    for client in (first, *clients[leave:], behind):
        assert (await answered(client))[0].status == 200
    asked = [call.body for call in upstream.calls]
    assert [b"Why?" in asked[1], b"behind" in asked[2]] == [True, True]
    await drained(proxy)


async def test_when_all_who_ask_the_same_have_left_their_place_is_free(busy: Busy) -> None:
    proxy, upstream, first = busy
    clients = [await asking(proxy) for _ in range(3)]
    await looking(proxy, 4)
    await queued(proxy, 1)
    for client in clients:
        client.reset()
    await queued(proxy, 0)
    upstream.go(1)
    await answered(first)
    await drained(proxy)
    assert len(upstream.calls) == 1


async def test_a_turn_is_kept_for_those_who_wait_for_an_answer_that_its_first_has_left(
    busy: Busy,
) -> None:
    proxy, upstream, first = busy
    upstream.go(1)
    await answered(first)
    clients = [await asking(proxy) for _ in range(2)]
    await upstream.nth(2)
    await looking(proxy, 3)
    behind = await asking(proxy, body=question("behind"))
    await queued(proxy, 1)
    clients[0].reset()
    await counted(proxy, 1, "ollama_proxy_client_aborts_total")
    assert len(await queued(proxy, 1)) == 1  # Ollama is still at work for the second
    upstream.go(2)
    assert (await answered(clients[1]))[0].status == 200
    await upstream.nth(3)
    upstream.go(3)
    assert (await answered(behind))[0].status == 200
    await drained(proxy)


async def test_all_who_ask_the_same_are_turned_away_with_the_one_that_waits() -> None:
    async with queueing(queue_wait_seconds=0.5, **SHARED) as (proxy, upstream):
        first = await asking(proxy, body=question("busy"))
        await upstream.nth(1)
        clients = [await asking(proxy) for _ in range(3)]
        for client in clients:
            head, body = await answered(client)
            assert head.status == 503
            assert b"in the proxy's queue" in body
        await counted(proxy, 3, "ollama_proxy_queue_rejections_total", reason="timeout")
        upstream.go(1)
        await answered(first)
        await drained(proxy)


async def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    """A few questions, asked and given up by many: all that remain are answered, once each."""
    async with queueing(queue_per_model=2, **SHARED) as (proxy, upstream):
        staying: list[RawClient] = []
        for number in range(40):
            client = await asking(proxy, body=question(f"question {number % 7}"))
            if number % 3:
                staying.append(client)
            elif number % 2:
                client.reset()
            else:
                client.close()
            await asyncio.sleep(0.005)
        answers = asyncio.gather(*(answered(client) for client in staying))
        while not answers.done():
            for number in range(1, len(upstream.calls) + 1):
                upstream.go(number)
            await asyncio.sleep(0.01)
        found: list[Any] = await answers
        assert [head.status for head, _ in found] == [200] * len(staying)
        assert upstream.most_at_once <= 2
        await drained(proxy)
