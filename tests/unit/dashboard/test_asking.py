"""An answer, or a sentence that says why there is none."""

import httpx2

from dashboard.asking import ask
from tests.fakes.server import Call, Script, ScriptedServer
from tests.loopback import http_client


async def asked(script: Script, within_seconds: float = 5.0) -> httpx2.Response | str:
    async with ScriptedServer(script) as server, http_client() as http:
        return await ask(http, f"{server.url}/", "/health", within_seconds)


async def test_any_status_is_an_answer() -> None:
    async def say_where(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("503 Service Unavailable", [], call.target.encode())

    found = await asked(say_where)
    assert isinstance(found, httpx2.Response)
    assert (found.status_code, found.text) == (503, "/health")


async def test_one_that_hangs_is_not_waited_for() -> None:
    async def hang(call: Call) -> None:
        await call.peer_gone.wait()

    assert str(await asked(hang, 0.05)).endswith("/ within 0.05 s")


async def test_an_error_without_words_is_named() -> None:
    async def break_off(call: Call) -> None:
        await call.is_read.wait()
        call.reset()

    assert str(await asked(break_off)).endswith("/: ReadError")


async def test_nobody_there_is_a_sentence_without_a_password() -> None:
    async with http_client() as http:
        said = await ask(http, "http://me:hunter2@127.0.0.1:1", "/health", 5.0)
    assert str(said).startswith("no answer at http")
    assert "hunter2" not in str(said)
