"""An answer is read to its end where it has one that is near enough."""

import asyncio

import pytest

from tests.fakes.server import Call, ScriptedServer
from tests.unit.traffic.test_settings import settings
from traffic.request.client import open_http
from traffic.target.bodies import TooLongError, whole


async def endless(call: Call) -> None:
    await call.head("200 OK", [(b"Transfer-Encoding", b"chunked")])
    while not call.peer_gone.is_set():
        await call.chunk(b" " * 262_144)


async def test_a_body_is_read_to_its_end_up_to_the_bound() -> None:
    async def script(call: Call) -> None:
        await call.answer("200 OK", [], b"12345")

    async with ScriptedServer(script) as server, open_http(settings()) as http:
        async with http.get(server.url) as answer:
            assert await whole(answer, 5) == b"12345"
        async with http.get(server.url) as answer:
            with pytest.raises(TooLongError, match="at most 4 bytes, found more"):
                await whole(answer, 4)


async def test_a_body_without_end_is_left() -> None:
    async with ScriptedServer(endless) as server, open_http(settings()) as http:
        async with asyncio.timeout(20), http.get(server.url) as answer:
            with pytest.raises(TooLongError):
                await whole(answer)
