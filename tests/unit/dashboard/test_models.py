"""The names of models, as Prometheus remembers them."""

import httpx2

from dashboard.models import MOST, ask_models, models_of
from tests.fakes.server import Call, ScriptedServer


async def asked(body: bytes, status: str = "200 OK") -> tuple[list[str] | None, str]:
    targets = []

    async def script(call: Call) -> None:
        await call.is_read.wait()
        targets.append(call.target)
        await call.answer(status, [], body)

    async with ScriptedServer(script) as server, httpx2.AsyncClient(trust_env=False) as http:
        return await ask_models(http, server.url, 5_000_000.0), targets[0]


async def test_the_proxy_s_models_of_the_last_month_are_asked_for() -> None:
    names, target = await asked(b'{"status":"success","data":["b:1","a:2","none","other"]}')
    assert names == ["a:2", "b:1"]
    assert target.startswith("/api/v1/label/model/values?")
    assert "ollama_proxy_requests_total" in target
    assert "start=2408000" in target


async def test_what_is_no_answer_tells_nothing() -> None:
    assert (await asked(b"<html>", "502 Bad Gateway"))[0] is None


async def test_nobody_there_tells_nothing() -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        assert await ask_models(http, "http://127.0.0.1:1", 0.0) is None
        assert await ask_models(http, "http://ex\x01:9090", 0.0) is None


def test_there_are_so_many_names_at_most() -> None:
    assert len(models_of([f"m:{n}" for n in range(MOST + 9)])) == MOST
