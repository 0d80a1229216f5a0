"""A model is cold when the server no longer lists it, and not before."""

import asyncio
import json

import pytest

from tests.fakes.server import Call, Script, ScriptedServer
from tests.unit.traffic.target.test_bodies import endless
from tests.unit.traffic.test_settings import settings
from traffic.request.client import open_http
from traffic.target.unloading import unload

JSON = [(b"Content-Type", b"application/json")]


class Server:
    """An Ollama that lists its model for some more looks after it was told to unload it."""

    def __init__(self, looks: int, status: str = "200 OK", listing: bytes | None = None) -> None:
        self.looks = looks
        self.status = status
        self.listing = listing
        self.targets: list[str] = []

    async def script(self, call: Call) -> None:
        await call.is_read.wait()
        self.targets.append(call.target)
        if call.target == "/api/generate":
            assert json.loads(call.body) == {"model": "Small:1b", "keep_alive": 0}
            await call.answer(self.status, JSON, b'{"done":true,"done_reason":"unload"}')
            return
        models = [{"model": "other:1b"}]
        if self.looks > 0:
            models.append({"model": "small:1b"})
        self.looks -= 1
        body = json.dumps({"models": models}).encode() if self.listing is None else self.listing
        await call.answer("200 OK", JSON, body)


async def unloaded(script: Script, within_seconds: float = 10.0) -> bool:
    async with ScriptedServer(script) as server:
        async with open_http(settings(base_url=server.url)) as http:
            return await unload(http, server.url, "Small:1b", within_seconds)


@pytest.mark.parametrize("looks", [0, 1, 3])
async def test_it_is_waited_for_until_the_model_is_gone(looks: int) -> None:
    server = Server(looks)
    assert await unloaded(server.script)
    assert server.targets == ["/api/generate", *["/api/ps"] * (looks + 1)]


async def test_a_model_that_stays_is_waited_for_only_so_long() -> None:
    async with asyncio.timeout(10):
        assert not await unloaded(Server(10**9).script, within_seconds=0.1)


@pytest.mark.parametrize(
    "server",
    [Server(0, status="404 Not Found"), Server(0, listing=b"<html>")],
    ids=["refused", "no list"],
)
async def test_a_server_that_cannot_say_has_unloaded_nothing(server: Server) -> None:
    assert not await unloaded(server.script)


@pytest.mark.parametrize("path", ["/api/generate", "/api/ps"])
async def test_a_server_whose_answer_has_no_end_is_left_and_has_unloaded_nothing(path: str) -> None:
    server = Server(0)

    async def script(call: Call) -> None:
        await (endless(call) if call.target == path else server.script(call))

    async with asyncio.timeout(20):
        assert not await unloaded(script, within_seconds=600.0)


async def test_a_server_that_points_elsewhere_has_unloaded_nothing() -> None:
    async def script(call: Call) -> None:
        assert call.target == "/api/generate"
        await call.answer("307 Moved", [(b"Location", b"/elsewhere")], b"")

    assert not await unloaded(script)


async def test_a_server_that_breaks_off_has_unloaded_nothing() -> None:
    async def script(call: Call) -> None:
        call.reset()

    assert not await unloaded(script)
