"""What a server says of itself is kept, and what it does not say is not made up."""

import asyncio
import json

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.target.test_bodies import endless
from tests.unit.traffic.test_settings import settings
from traffic.request.client import open_http
from traffic.target.server import LONGEST, Model, digests, facts, models_of

JSON = [(b"Content-Type", b"application/json")]
TAGS = {
    "models": [
        {"name": "small:1b", "size": 98_000_000, "digest": "aa11", "details": {"family": "llama"}},
        {"name": "plain:latest"},
    ]
}


OFFERED = (Model("small:1b", 98_000_000, "aa11"), Model("plain:latest"))


async def facts_by(script: Script, **told: object) -> dict[str, str]:
    async with ScriptedServer(script) as server:
        chosen = settings(base_url=server.url, portkey_url=server.url, **told)
        async with open_http(chosen) as http:
            return await facts(http, chosen, OFFERED, ["small:1b"])


def saying(said: object) -> Script:
    async def script(call: Call) -> None:
        await call.answer("200 OK", JSON, json.dumps(said).encode())

    return script


def test_the_models_are_listed_with_their_size_where_it_is_told() -> None:
    assert models_of(json.dumps(TAGS).encode()) == OFFERED


def test_a_size_or_digest_that_is_none_is_left_out() -> None:
    listed = b'{"models": [{"name": "a", "size": "big", "digest": 3}, {"name": "b", "size": null}]}'
    assert models_of(listed) == (Model("a"), Model("b"))


def test_the_names_of_models_cannot_move_the_cursor() -> None:
    listed = b'{"models": [{"name": "\\u001b[2Jx", "digest": "\\u001b[2Jy"}]}'
    assert models_of(listed) == (Model("[2Jx", digest="[2Jy"),)


def test_what_makes_vectors_is_told_by_its_family_or_its_name() -> None:
    listed = {
        "models": [
            {"name": "minilm", "details": {"family": "bert"}},
            {"name": "nomic-embed-text", "details": {"family": None}},
            {"name": "plain", "details": ["bert"]},
        ]
    }
    found = models_of(json.dumps(listed).encode())
    assert [model.makes_vectors for model in found] == [True, True, False]


async def test_a_version_cannot_move_the_cursor_and_has_an_end() -> None:
    found = await facts_by(saying({"version": "\x1b" + "1" * 500}))
    assert found["version"] == "1" * LONGEST


async def test_the_version_and_the_digest_of_what_is_asked_are_kept() -> None:
    found = await facts_by(saying({"version": "0.33.0"}), model="plain")
    assert found == {"version": "0.33.0", "digest of small:1b": "aa11"}


async def test_a_gateway_is_asked_as_a_run_asks_it() -> None:
    asked: list[str] = []

    async def script(call: Call) -> None:
        asked.append(call.target)
        await call.answer("200 OK", JSON, b"{}")

    await facts_by(script, route="gateway", ollama_url="http://127.0.0.1:5")
    assert asked == ["/v1/proxy/api/version"]


DIGEST = {"digest of small:1b": "aa11"}
"""What was known before the server was asked."""


@pytest.mark.parametrize("said", [[], {"version": 3}, {"version": None}, "no"])
async def test_a_server_that_says_something_else_has_said_nothing(said: object) -> None:
    assert await facts_by(saying(said)) == DIGEST


@pytest.mark.parametrize("start", [b"[", b'{"version":['])
async def test_what_is_nested_too_deep_has_said_nothing(start: bytes) -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", JSON, start + b"[" * 60_000)

    assert await facts_by(script) == DIGEST


async def test_an_answer_without_end_has_said_nothing() -> None:
    async with asyncio.timeout(20):
        assert await facts_by(endless) == DIGEST


async def test_nobody_there_has_said_nothing(unused_tcp_port: int) -> None:
    told = settings(base_url=f"http://127.0.0.1:{unused_tcp_port}")
    async with open_http(told) as http:
        assert await facts(http, told, OFFERED, ["small:1b"]) == DIGEST


async def test_a_server_that_points_elsewhere_has_said_nothing() -> None:
    async def script(call: Call) -> None:
        assert call.target == "/api/version"
        await call.answer("307 Moved", [(b"Location", b"/elsewhere")], b"")

    assert await facts_by(script) == DIGEST


def test_a_model_is_known_by_any_of_its_spellings() -> None:
    assert digests([Model("llama3:latest", 1, "bb22")], ["llama3", "other"]) == {
        "digest of llama3": "bb22"
    }
