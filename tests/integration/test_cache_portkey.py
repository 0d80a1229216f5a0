"""The answer cache before a real Portkey gateway: who shares what, and who is told of what."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from proxy.portkey.passages import TICK_SECONDS
from tests.clients import Head, RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.gateway_configs import FALLBACK, with_
from tests.gateways import RunningGateway, running_gateway
from tests.lookups import (
    CHAT,
    REQUESTS,
    answer,
    asked,
    looked,
    looking,
    status_of,
    stepping,
    stored,
)
from tests.ports import free_port
from tests.servers import RunningProxy, running_proxy
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIRECT, PORTKEY = "X-Route: direct", "X-Route: portkey"
TYPED = ("openai-chat", "openai-chat-unary", "openai-completion", "openai-embeddings", "messages")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[RunningGateway]:
    """One gateway for all that do not hurt it."""
    async with running_gateway() as gateway:
        yield gateway


def through(gateway: RunningGateway, **more: object) -> dict[str, Any]:
    return {"enable_portkey": True, "portkey_port": gateway.port, "cache": "simple", **more}


def file_of(folder: Path, config: Mapping[str, object]) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


async def read(
    proxy: RunningProxy, name: str, *headers: str, kept: int | None = None
) -> tuple[str | None, bytes]:
    """What the answer says of the cache, and its payload."""
    async with await RawClient.connect(proxy.url) as client:
        await client.request("POST", *REQUESTS[name], *headers)
        head = await client.head()
        assert head.status == 200
        body = await client.body(head)
    if kept is not None:
        await stored(proxy, kept)
    return status_of(head), body


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_plain_way_through_it_and_the_direct_way_share(
    gateway: RunningGateway, name: str
) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        assert await proxy.value("ollama_proxy_cache_stored_total") == 0
        first = await read(proxy, name, PORTKEY, kept=1)
        assert first[0] == "MISS"
        for way in (PORTKEY, DIRECT):
            assert await read(proxy, name, way) == ("HIT", first[1])
        fresh = await read(proxy, name, DIRECT, "Cache-Control: no-cache", kept=2)
        assert fresh[0] == "REFRESH"
        assert await read(proxy, name, PORTKEY) == ("HIT", fresh[1])
        assert asked(ollama, REQUESTS[name][0]) == 2
        assert await proxy.value("ollama_proxy_requests_total", routing="cache") == 3
        assert await proxy.value("ollama_proxy_requests_total", routing="portkey") == 1


async def test_a_hit_is_framed_as_it_was_chunk_by_chunk(gateway: RunningGateway) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway)) as proxy,
    ):
        _, first = await answer(proxy, CHAT)
        await stored(proxy)
        head, second = await answer(proxy, CHAT)
        assert (status_of(head), second) == ("HIT", first)


async def test_a_configuration_has_answers_of_its_own(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    config = with_(override_params={"temperature": 0.5})
    told = through(gateway, portkey_config=file_of(tmp_path, config))
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **told) as proxy,
    ):
        found = []
        for number, way in enumerate((PORTKEY, DIRECT, PORTKEY, DIRECT)):
            found.append((await read(proxy, "chat", way, kept=min(number + 1, 2)))[0])
        assert found == ["MISS", "MISS", "HIT", "HIT"]


async def test_a_configuration_is_the_same_for_whoever_has_it(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    """The gateway is told each process's own return leg: that is no part of the answer."""
    told = through(
        gateway,
        portkey_config=file_of(tmp_path, FALLBACK),
        cache_store=str(tmp_path / "answers.db"),
        cache_secret="known beforehand",  # nothing is read while the loop runs
    )
    async with ScriptedServer(FakeOllama()) as ollama:
        for expected in ("MISS", "HIT"):
            async with running_proxy(ollama.url, **told, return_leg_port=free_port()) as proxy:
                found, _ = await read(proxy, "chat", kept=1 if expected == "MISS" else None)
                assert found == expected


@pytest.mark.parametrize("name", TYPED)
async def test_a_typed_route_has_answers_of_its_own_and_gives_them_again(
    gateway: RunningGateway, name: str
) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway, portkey_typed_routes=True)) as proxy,
    ):
        _, first = await read(proxy, name, PORTKEY, kept=1)
        assert await read(proxy, name, PORTKEY) == ("HIT", first)
        assert (await read(proxy, name, DIRECT, kept=2))[0] == "MISS"


async def test_what_clients_tell_the_gateway_is_part_of_what_is_asked(
    gateway: RunningGateway,
) -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, **through(gateway, portkey_client_headers=True)) as proxy,
    ):
        own = ("x-portkey-provider: openai", f"x-portkey-custom-host: {ollama.url}")
        found = []
        for number, lines in enumerate((own, (), own, (*own, "x-portkey-trace-id: mine"))):
            found.append((await read(proxy, "chat", *lines, kept=min(number + 1, 2)))[0])
        assert found == ["MISS", "MISS", "HIT", "HIT"]


async def begun(proxy: RunningProxy, *headers: str) -> RawClient:
    client = await RawClient.connect(proxy.url)
    await client.request("POST", *CHAT, *headers)
    return client


async def whole(client: RawClient) -> tuple[Head, bytes]:
    async with asyncio.timeout(10):
        head = await client.head()
        return head, await client.body(head)


@pytest.mark.parametrize("has_leg", [True, False])
@pytest.mark.parametrize("is_begun", [True, False])
async def test_the_first_ones_leaving_does_not_take_the_others_down(
    gateway: RunningGateway, has_leg: bool, is_begun: bool
) -> None:
    """Nor does the gateway seem to hang, when nobody takes note of what it gives."""
    patience = 0.6
    told = through(gateway, return_leg=has_leg, portkey_timeout_seconds=patience)
    async with stepping(**told) as (proxy, upstream):
        first = await begun(proxy)
        await upstream.came.wait()
        others = [await begun(proxy) for _ in range(2)]
        await looking(proxy, 3)
        if is_begun:
            upstream.begin()
            upstream.say(b"x" * 2000)
            await first.head()
            await first.chunk()
        first.reset()
        async with asyncio.timeout(5):
            while await proxy.value("ollama_proxy_requests_total", status="499") < 1:
                await asyncio.sleep(0.01)
        if not is_begun:
            upstream.begin()
        await asyncio.sleep(patience + 1.5 * TICK_SECONDS)
        upstream.say(b"later")
        await asyncio.sleep(patience + 1.5 * TICK_SECONDS)
        upstream.end()
        for client in others:
            head, body = await whole(client)
            assert head.status == 200
            assert b"later" in body
            assert b'"done":true' in body
            client.close()
        assert len(upstream.chats) == 1
        routing = "portkey" if not is_begun else "cache"
        await looked(proxy, "shared", 1 if not is_begun else 2)
        await stored(proxy)
        count = await proxy.value("ollama_proxy_requests_total", routing=routing, status="200")
        assert count == (1 if not is_begun else 2)
        # one passage, whoever it was handed to
        assert await proxy.value("ollama_proxy_portkey_requests_total") == 1
        assert await proxy.value("ollama_proxy_wasted_seconds_total") == 0
        assert await proxy.value("ollama_proxy_generated_tokens_total") == 4


async def test_who_waits_longer_than_the_gateway_may_is_not_refused_for_it(
    gateway: RunningGateway,
) -> None:
    """A model may be slow: that is none of the gateway's, whoever the way was chosen for."""
    told = through(gateway, portkey_timeout_seconds=0.5)
    async with stepping(**told) as (proxy, upstream):
        first = await begun(proxy)
        await upstream.came.wait()
        second = await begun(proxy)
        await looking(proxy, 2)
        first.reset()
        await asyncio.sleep(0.5 + 1.5 * TICK_SECONDS)
        upstream.begin()
        upstream.end()
        head, _ = await whole(second)
        assert (head.status, status_of(head)) == (200, "MISS")
        second.close()


async def test_a_gateway_that_hangs_hangs_for_all_at_the_same_time() -> None:
    async with running_gateway() as gateway:
        told = through(gateway, portkey_timeout_seconds=0.5)
        async with stepping(**told) as (proxy, upstream):
            warm = await begun(proxy, "Authorization: warm")
            await upstream.came.wait()
            upstream.begin()
            upstream.end()
            await whole(warm)
            warm.close()
            os.kill(gateway.process.pid, signal.SIGSTOP)
            try:
                clients = [await begun(proxy) for _ in range(3)]
                heads = [(await whole(client))[0] for client in clients]
            finally:
                os.kill(gateway.process.pid, signal.SIGCONT)
            assert [head.status for head in heads] == [504] * 3
            for client in clients:
                client.close()
            count = await proxy.value("ollama_proxy_errors_total", error_type="gateway_timeout")
            assert count == 3


async def test_a_break_behind_the_gateway_is_everybodys_and_is_not_kept(
    gateway: RunningGateway,
) -> None:
    async with stepping(**through(gateway)) as (proxy, upstream):
        clients = [await begun(proxy) for _ in range(3)]
        await looking(proxy, 3)
        upstream.begin()
        for client in clients:
            await client.head()
            await client.chunk()
        upstream.chats[0].reset()
        for client in clients:
            with pytest.raises(asyncio.IncompleteReadError):
                while await client.chunk():
                    pass
            client.close()
        assert await proxy.value("ollama_proxy_cache_stored_total") == 0


async def test_when_the_gateway_is_down_all_go_directly_together() -> None:
    """Its port refuses: who waited there waits for one answer at Ollama."""
    told = {"enable_portkey": True, "portkey_port": free_port(), "cache": "simple"}
    async with stepping(**told) as (proxy, upstream):
        clients = [await begun(proxy) for _ in range(4)]
        await until(lambda: bool(upstream.chats))
        upstream.begin()
        upstream.end()
        found = [await whole(client) for client in clients]
        assert [head.status for head, _ in found] == [200] * 4
        assert len({body for _, body in found}) == 1
        for client in clients:
            client.close()
        assert await proxy.value("ollama_proxy_generated_tokens_total", routing="portkey") == 0
        # three went nowhere
        fallbacks = "ollama_proxy_portkey_fallbacks_total"
        assert await proxy.value(fallbacks, reason="gateway_down") == 1


async def test_an_answer_that_came_directly_is_not_kept_as_the_configurations(
    tmp_path: Path,
) -> None:
    config = file_of(tmp_path, with_(override_params={"temperature": 0.5}))
    port = free_port()
    told: dict[str, Any] = {"portkey_port": port, "portkey_config": config, "cache": "simple"}
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, enable_portkey=True, **told) as proxy,
    ):
        assert (await read(proxy, "chat", kept=1))[0] == "MISS"
        assert await proxy.value("ollama_proxy_requests_total", routing="direct") == 1
        async with running_gateway(port):
            async with asyncio.timeout(10):
                while await proxy.value("ollama_proxy_portkey_up") != 1:
                    await asyncio.sleep(0.05)
            assert (await read(proxy, "chat", kept=2))[0] == "MISS"
            assert await proxy.value("ollama_proxy_requests_total", routing="portkey") == 1
