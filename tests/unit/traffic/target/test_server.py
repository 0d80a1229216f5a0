"""What a server says of itself is kept, and what it does not say is not made up."""

import asyncio
import json

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.target.test_bodies import endless
from tests.unit.traffic.test_settings import settings
from traffic.request.client import open_http
from traffic.target.server import Model, digests, facts, offered

JSON = [(b"Content-Type", b"application/json")]
TAGS = {
    "models": [
        {"name": "small:1b", "size": 98_000_000, "digest": "aa11", "details": {"family": "llama"}},
        {"name": "plain:latest"},
    ]
}
VERSION = {"version": "0.33.0"}


class Peer:
    def __init__(self, tags: object = TAGS, version: object = VERSION) -> None:
        self.answers = {"/api/tags": tags, "/api/version": version}
        self.calls: list[Call] = []

    async def script(self, call: Call) -> None:
        self.calls.append(call)
        path = call.target.removeprefix("/v1/proxy")
        await call.answer("200 OK", JSON, json.dumps(self.answers[path]).encode())


async def facts_of(peer: Peer, **told: object) -> dict[str, str]:
    return await facts_by(peer.script, **told)


async def facts_by(script: Script, **told: object) -> dict[str, str]:
    async with ScriptedServer(script) as server:
        chosen = settings(base_url=server.url, portkey_url=server.url, **told)
        async with open_http(chosen) as http:
            return await facts(http, chosen, ["small:1b"])


async def test_the_models_are_listed_with_their_size_where_it_is_told() -> None:
    async with ScriptedServer(Peer().script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http:
            assert await offered(http, told) == (
                Model("small:1b", 98_000_000, "aa11"),
                Model("plain:latest"),
            )


async def test_the_names_of_models_cannot_move_the_cursor() -> None:
    async with ScriptedServer(Peer({"models": [{"name": "\x1b[2Jx"}]}).script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http:
            assert await offered(http, told) == (Model("[2Jx"),)


async def test_the_version_and_the_digest_of_what_is_asked_are_kept() -> None:
    found = await facts_of(Peer(), model="plain")
    assert found == {"version": "0.33.0", "digest of small:1b": "aa11"}


async def test_a_gateway_is_asked_as_a_run_asks_it() -> None:
    peer = Peer()
    await facts_of(peer, route="gateway", ollama_url="http://127.0.0.1:5")
    assert {call.target for call in peer.calls} == {"/v1/proxy/api/tags", "/v1/proxy/api/version"}


@pytest.mark.parametrize("said", [[], {"models": [{"size": 3}]}, {"models": None}, "no"])
async def test_a_server_that_says_something_else_has_said_nothing(said: object) -> None:
    assert await facts_of(Peer(said, said)) == {}


@pytest.mark.parametrize("start", [b"[", b'{"models":['])
async def test_what_is_nested_too_deep_has_said_nothing(start: bytes) -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", JSON, start + b"[" * 60_000)

    assert await facts_by(script) == {}


async def test_an_answer_without_end_has_said_nothing() -> None:
    async with asyncio.timeout(20):
        assert await facts_by(endless) == {}


async def test_nobody_there_has_said_nothing(unused_tcp_port: int) -> None:
    told = settings(base_url=f"http://127.0.0.1:{unused_tcp_port}")
    async with open_http(told) as http:
        assert await facts(http, told, ["small:1b"]) == {}


def test_a_model_is_known_by_any_of_its_spellings() -> None:
    assert digests([Model("llama3:latest", 1, "bb22")], ["llama3", "other"]) == {
        "digest of llama3": "bb22"
    }
