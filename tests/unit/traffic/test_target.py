"""Before the first question it is clear whether anybody can answer it."""

import json

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.test_settings import settings
from traffic.client import open_http
from traffic.target import TargetError, check_target

JSON = [(b"Content-Type", b"application/json")]


def answering(status: str, body: bytes) -> Script:
    async def script(call: Call) -> None:
        await call.answer(status, JSON, body)

    return script


def offering(*names: str) -> Script:
    return answering("200 OK", json.dumps({"models": [{"name": n} for n in names]}).encode())


async def check(script: Script, model: str = "llama3") -> None:
    async with ScriptedServer(script) as server:
        told = settings(base_url=server.url)
        async with open_http(told) as http:
            await check_target(http, server.url, model)


@pytest.mark.parametrize("name", ["llama3:latest", "registry.ollama.ai/library/Llama3:latest"])
async def test_a_model_is_found_under_any_of_its_spellings(name: str) -> None:
    await check(offering("other:1b", name))


async def test_an_unknown_model_is_answered_with_the_names_of_those_there() -> None:
    with pytest.raises(TargetError, match=r"has no model llama3; /api/tags offers a:1b, b:2b"):
        await check(offering("a:1b", "b:2b"))
    with pytest.raises(TargetError, match="offers no model at all"):
        await check(offering())


async def test_a_server_without_a_list_of_models_may_be_asked() -> None:
    await check(answering("404 Not Found", b""))


async def test_a_server_that_fails_is_quoted() -> None:
    broken = answering("502 Bad Gateway", b'{"error":"no upstream"}')
    with pytest.raises(TargetError, match="HTTP 502: no upstream"):
        await check(broken)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"models": 3}', b'{"models": [{}]}'])
async def test_something_that_is_no_ollama_is_called_that(body: bytes) -> None:
    with pytest.raises(TargetError, match="is no Ollama"):
        await check(answering("200 OK", body))


async def test_nobody_there_gives_the_remedy(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with open_http(settings(base_url=url)) as http:
        with pytest.raises(TargetError, match=f"nothing answers at {url}; start the stack"):
            await check_target(http, url, "llama3")
