"""What a health check says of the upstream."""

import asyncio

import pytest

from ollama_observe.wire.locations import Location
from proxy.pool import UpstreamPool
from proxy.probe import check_ollama, installed_locations
from tests.fakes.server import Call, ScriptedServer
from tests.ports import free_port


async def said_of(script_body: bytes, status: str = "200 OK") -> tuple[bool, str]:
    async def script(call: Call) -> None:
        assert (call.method, call.target) == ("GET", "/below/api/version")
        await call.answer(status, [], script_body)

    async with ScriptedServer(script) as server:
        pool = UpstreamPool(server.url + "/below", 1.0)
        check = await check_ollama(pool)
        pool.close()
        return check.ok, check.detail.replace(server.url, "URL")


async def test_an_ollama_is_named_with_its_version() -> None:
    assert await said_of(b'{"version":"0.33.0"}') == (True, "Ollama 0.33.0 at URL")


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"v":1}', b""])
async def test_what_answers_otherwise_is_no_ollama(body: bytes) -> None:
    assert await said_of(body) == (False, "URL answered 200, not as Ollama does")


async def test_an_error_is_told_with_its_status() -> None:
    assert await said_of(b"", "500 X") == (False, "URL answered 500, not as Ollama does")


async def test_nobody_there_is_said_in_words() -> None:
    check = await check_ollama(UpstreamPool(f"http://127.0.0.1:{free_port()}", 1.0))
    assert not check.ok
    assert check.detail.endswith("gave no answer: Connection refused")


@pytest.mark.parametrize(
    ("body", "status", "found"),
    [
        (b'{"models":[]}', "200 OK", {}),
        (
            b'{"models":[{"name":"M"},{"name":"big:cloud"},{"name":"a","remote_host":"http://b"}]}',
            "200 OK",
            {"m:latest": Location.LOCAL, "big:cloud": Location.CLOUD, "a:latest": Location.CLOUD},
        ),
        (b'{"models":[]}', "500 X", None),
        (b"<html>", "200 OK", None),
    ],
)
async def test_what_ollama_lists_says_where_its_models_compute(
    body: bytes, status: str, found: dict[str, Location] | None
) -> None:
    async def script(call: Call) -> None:
        assert (call.method, call.target) == ("GET", "/api/tags")
        await call.answer(status, [], body)

    async with ScriptedServer(script) as server:
        pool = UpstreamPool(server.url, 1.0)
        assert await installed_locations(pool) == found
        pool.close()


async def test_an_ollama_that_is_not_there_lists_nothing() -> None:
    pool = UpstreamPool(f"http://127.0.0.1:{free_port()}", 1.0)
    assert await installed_locations(pool) is None


async def test_one_that_hangs_is_given_up_and_its_connection_closed() -> None:
    async def hang(call: Call) -> None:
        await call.peer_gone.wait()

    async with ScriptedServer(hang) as server:
        check = await check_ollama(UpstreamPool(server.url, 1.0))
        assert check.detail.endswith("gave no answer within 2 s")
        async with asyncio.timeout(5):
            await (await server.nth_call()).peer_gone.wait()
