"""API keys with a real gateway behind the front door: it gets none, and is no way around them."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from ollama_observe.wire.portkey import WAY_THROUGH, headers_to
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.gateways import RunningGateway, running_gateway
from tests.key_files import key_of, table, write_keys
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "smollm2:135m"
CHAT: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Why?"}]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[RunningGateway]:
    async with running_gateway() as gateway:
        yield gateway


@contextlib.asynccontextmanager
async def guarded(
    gateway: RunningGateway, tmp_path: Path, **settings: Any
) -> AsyncIterator[tuple[RunningProxy, ScriptedServer, int]]:
    """A proxy with keys before the gateway, what it ends at, and the port of its return leg."""
    tables = (
        table("alice"),
        table("small", models=["smollm2*"]),
        table("root", manage=True),
    )
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *tables)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        leg = probe.getsockname()[1]
    told: dict[str, Any] = {
        "enable_portkey": True,
        "portkey_port": gateway.port,
        "return_leg_port": leg,
    }
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        running_proxy(ollama.url, api_keys_file=path, **told, **settings) as proxy,
    ):
        yield proxy, ollama, leg


async def ask(url: str, body: object, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=json.dumps(body), headers=sent) as answer,
    ):
        found = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, await answer.read(), found


@pytest.mark.parametrize("alias", ["alice", "small"])
@pytest.mark.parametrize("is_streamed", [True, False])
async def test_a_request_with_a_key_goes_through_and_its_key_does_not(
    gateway: RunningGateway, tmp_path: Path, alias: str, is_streamed: bool
) -> None:
    async with guarded(gateway, tmp_path) as (proxy, ollama, _):
        body = {**CHAT, "stream": is_streamed}
        status, answer, headers = await ask(
            f"{proxy.url}/api/chat", body, Authorization=f"Bearer {key_of(alias)}"
        )
        assert status == 200
        assert headers["x-portkey-provider"] == "openai"
        assert b'"done":true' in answer.replace(b" ", b"")
        (call,) = [call for call in ollama.calls if call.target == "/api/chat"]
        assert key_of(alias).encode() not in b"".join(map(b"".join, call.headers))
        assert call.header("authorization") is None
        requests = "ollama_proxy_user_requests_total"
        assert await proxy.value(requests, user=alias, routing="portkey") == 1


async def test_who_asks_for_another_model_is_refused_before_the_gateway(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    async with guarded(gateway, tmp_path) as (proxy, ollama, _):
        key = f"Bearer {key_of('small')}"
        for body in ({**CHAT, "model": "llama3"}, {**CHAT, "MODEL": "llama3"}):
            status, _, _ = await ask(f"{proxy.url}/api/chat", body, Authorization=key)
            assert status == 403
        status, _, _ = await ask(f"{proxy.url}/api/chat", CHAT, Authorization=key)
        assert status == 200
        assert sum(call.target == "/api/chat" for call in ollama.calls) == 1


async def test_the_return_leg_is_no_way_around_the_keys(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    async with guarded(gateway, tmp_path) as (proxy, ollama, leg):
        address = f"http://127.0.0.1:{leg}/to/ollama"
        refused = await ask(f"{address}/api/chat", CHAT)
        assert refused[0] == 403
        assert "an API key is needed" in json.loads(refused[1])["error"]
        with_key = await ask(f"{address}/api/chat", CHAT, Authorization=f"Bearer {key_of('alice')}")
        assert with_key[0] == 403
        forged = await ask(f"{address}/api/chat", CHAT, X_Ollama_Observe_Leg="0" * 32)
        assert forged[0] == 499
        # by way of the gateway, which asks nobody for a key
        through = f"{gateway.url}{WAY_THROUGH}/api/chat"
        assert (await ask(through, CHAT, **headers_to(address)))[0] == 403
        assert not [call for call in ollama.calls if call.target == "/api/chat"]
        refusals = "ollama_proxy_key_refusals_total"
        assert await proxy.value(refusals, reason="return_leg") == 3


async def test_a_key_that_may_not_manage_does_not_tell_the_gateway_what_to_do(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    async with guarded(gateway, tmp_path, portkey_client_headers=True) as (proxy, ollama, _):
        config = {"provider": "openai", "custom_host": ollama.url, "api_key": "k"}
        for alias, status in (("small", 403), ("alice", 403), ("root", 200)):
            found, _, _ = await ask(
                f"{proxy.url}/api/chat",
                CHAT,
                Authorization=f"Bearer {key_of(alias)}",
                x_portkey_config=json.dumps(config),
            )
            assert found == status, alias
        (call,) = [call for call in ollama.calls if call.target == "/api/chat"]
        assert key_of("root").encode() not in b"".join(map(b"".join, call.headers))
