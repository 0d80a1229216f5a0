"""What a part says of itself; where it says nothing, a sentence says why."""

import httpx2
import pytest

from dashboard.health import CheckTold, Health, ask_health, ask_ready
from tests.fakes.server import Call, ScriptedServer

HEALTH = (
    b'{"status":"degraded","service":"proxy","version":"0.1.0","ready":true,"uptime_seconds":2.5,'
    b'"checks":{"portkey":{"ok":true,"detail":"away","is_up":false},"a":{"ok":false,"detail":"b"}}}'
)


async def answered(status: str, body: bytes, *, health: bool = True) -> Health | str | None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer(status, [], body)

    async with ScriptedServer(script) as server, httpx2.AsyncClient(trust_env=False) as http:
        return await (ask_health if health else ask_ready)(http, server.url)


@pytest.mark.parametrize("status", ["200 OK", "503 Service Unavailable"])
async def test_a_part_says_how_it_is_also_where_it_is_not_well(status: str) -> None:
    found = await answered(status, HEALTH)
    checks = {"portkey": CheckTold(True, "away", False), "a": CheckTold(False, "b")}
    assert found == Health(True, 2.5, checks)


async def test_something_else_in_its_place_is_said_to_be_that() -> None:
    found = await answered("200 OK", b"<html>")
    assert str(found).startswith("something else answers at http://127.0.0.1:")


async def test_nobody_there_is_a_sentence_without_a_password() -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        said = await ask_health(http, "http://me:hunter2@127.0.0.1:1")
    assert str(said).startswith("no answer at http://127.0.0.1:1: ")
    assert "hunter2" not in str(said)


async def test_a_part_that_hangs_is_not_waited_for() -> None:
    async def script(call: Call) -> None:
        await call.peer_gone.wait()

    async with ScriptedServer(script) as server, httpx2.AsyncClient(trust_env=False) as http:
        said = await ask_health(http, server.url, within_seconds=0.05)
    assert "within 0.05 s" in str(said)


async def test_a_prometheus_is_ready_or_says_why_not() -> None:
    assert await answered("200 OK", b"Prometheus is Ready.", health=False) is None
    said = await answered("503 Service Unavailable", b"", health=False)
    assert "not ready: http://127.0.0.1:" in str(said)
