"""The whole log of a dashboard's process: no password of an address, no line a request."""

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import IO, Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.dashboards import heard, look_at, page_at
from tests.fakes.server import Call, ScriptedServer
from tests.ports import free_port

CEILING_SECONDS = 30.0
ENOUGH_REQUESTS = 30
WORD = "canary-7c01be"
NOTHING = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'


@dataclass(slots=True)
class Watched:
    """A dashboard's process and its log."""

    child: asyncio.subprocess.Process
    file: IO[bytes]
    port: int

    async def logged(self) -> str:
        self.child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.child.wait(), CEILING_SECONDS)
        self.file.seek(0)
        return self.file.read().decode()


@contextlib.asynccontextmanager
async def dashboard_process(address: str, **more: str) -> AsyncIterator[Watched]:
    """One whose other parts are all at an address with a password."""
    port, url = free_port(), address.replace("http://", f"http://me:{WORD}@")
    told = {
        **{f"DASHBOARD_{part}_URL": url for part in ("PROMETHEUS", "PROXY", "GPU_EXPORTER")},
        "DASHBOARD_PORT": str(port),
        "DASHBOARD_STRIP_INTERVAL_SECONDS": "0.1",
        **more,
    }
    with tempfile.TemporaryFile() as file:
        command = (sys.executable, "-m", "dashboard")
        child = await asyncio.create_subprocess_exec(*command, env=told, stderr=file)
        try:
            yield Watched(child, file, port)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()


@contextlib.asynccontextmanager
async def parts(answer: tuple[str, bytes]) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Where all of them are, and what is set when they were asked a good deal."""
    calls, are_many = list[str](), asyncio.Event()
    status, body = answer

    async def script(call: Call) -> None:
        await call.is_read.wait()
        calls.append(call.target)
        if len(calls) >= ENOUGH_REQUESTS:
            are_many.set()
        await call.answer(status, [], body)

    async with ScriptedServer(script) as server:
        yield server.url, are_many


async def until_it_serves(port: int, is_there: Callable[[], bool]) -> None:
    async with asyncio.timeout(CEILING_SECONDS):
        while is_there():
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "answer", [("200 OK", NOTHING), ("401 Unauthorized", b"no"), ("200 OK", b"<html>")]
)
@pytest.mark.parametrize("level", ["info", "debug"])
async def test_a_password_is_nowhere_in_it(answer: tuple[str, bytes], level: str) -> None:
    async with parts(answer) as (url, are_many), asyncio.timeout(CEILING_SECONDS):
        async with dashboard_process(url, DASHBOARD_LOG_LEVEL=level) as it:
            await until_it_serves(it.port, lambda: it.child.returncode is None)
            with pytest.raises(InvalidStatus):
                await page_at(it.port, "http://elsewhere.example")
            async with page_at(it.port) as socket:
                hello = await heard(socket, "hello")
                assert WORD not in json.dumps(hello)
                await socket.send(look_at(*(panel["id"] for panel in hello["panels"])))
                await are_many.wait()
            log = await it.logged()
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    (started,) = (line for line in lines if line["event"] == "started")
    assert (started["prometheus"], started["proxy"]) == (url, url)
    assert WORD not in log
    assert "HTTP Request" not in log
    assert len(lines) < ENOUGH_REQUESTS
    assert not [line for line in lines if line["level"] == "error"]
