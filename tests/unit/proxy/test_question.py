"""A question of the proxy's own: its answer is held, bounded in size and in time."""

import asyncio

import pytest

from proxy.failures import UpstreamBrokeOff, UpstreamUnreachable
from proxy.pool import UpstreamPool
from proxy.question import ask
from tests.fakes.server import Call, ScriptedServer
from tests.ports import free_port

SENT = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"


async def test_what_is_sent_arrives_and_head_and_body_come_back() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        assert (call.method, call.target, call.body) == ("POST", "/x", b"hi")
        await call.answer("201 Created", [(b"Retry-After", b"7")], b"there")

    async with ScriptedServer(script) as server:
        pool = UpstreamPool(server.url, 1.0)
        head, body = await ask(pool, b"POST", SENT, 100, 5.0)
        assert (head.status, head.headers[b"retry-after"], body) == (201, b"7", b"there")
        assert (await ask(pool, b"POST", SENT, 3, 5.0))[1] == b"the"
        pool.close()


async def test_one_that_does_not_answer_in_time_is_given_up() -> None:
    async def script(call: Call) -> None:
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server:
        with pytest.raises(TimeoutError):
            await ask(UpstreamPool(server.url, 1.0), b"POST", SENT, 100, 0.1)
        async with asyncio.timeout(5):
            await (await server.nth_call()).peer_gone.wait()


async def test_an_answer_that_breaks_off_and_nobody_there_are_told_apart() -> None:
    async def script(call: Call) -> None:
        await call.head("200 OK", [(b"Content-Length", b"9")])
        call.reset()

    async with ScriptedServer(script) as server:
        with pytest.raises(UpstreamBrokeOff):
            await ask(UpstreamPool(server.url, 1.0), b"POST", SENT, 100, 5.0)
    with pytest.raises(UpstreamUnreachable):
        pool = UpstreamPool(f"http://127.0.0.1:{free_port()}", 1.0)
        await ask(pool, b"POST", SENT, 100, 5.0)
