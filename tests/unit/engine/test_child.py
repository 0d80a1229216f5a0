import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from engine import child as children
from engine import errors
from engine.child import Child, LoadFailedError
from engine.errors import StreamError


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Child]:
    """A process that does nothing, beside a server on the socket that it would serve."""
    directory = children.private_directory()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import sys; sys.stdin.read()"), stdin=asyncio.subprocess.PIPE
    )
    async with serving(directory / "m.sock"):
        made = Child(process, directory, directory / "m.sock")
        yield made
        await made.stop()


def here() -> list[Path]:
    return list(Path(tempfile.gettempdir()).iterdir())


@contextlib.asynccontextmanager
async def serving(socket: Path) -> AsyncIterator[None]:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"asked": await request.json()})

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=400, text="no\n")

    async def break_off(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        assert request.transport is not None
        request.transport.abort()
        return answer

    app = web.Application()
    app.add_routes(
        [web.post("/echo", echo), web.post("/refuse", refuse), web.post("/break", break_off)]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    yield
    await runner.cleanup()


async def test_a_question_is_asked_over_the_socket(child: Child) -> None:
    assert await child.ask("/echo", {"a": [1]}) == {"asked": {"a": [1]}}


async def test_a_refusal_keeps_its_status_and_text(child: Child) -> None:
    with pytest.raises(StreamError) as caught:
        await child.ask("/refuse", {})
    assert (caught.value.status, caught.value.message) == (400, "no")


async def test_a_connection_that_breaks_off_is_a_model_process_that_ended(child: Child) -> None:
    with pytest.raises(StreamError) as caught:
        await child.ask("/break", {})
    assert (caught.value.status, caught.value.message) == (500, errors.BROKEN)


async def test_a_process_that_has_gone_cannot_be_asked(child: Child) -> None:
    psutil.Process(child.pid).kill()
    assert await child.wait() == -9
    assert not child.alive
    assert child.memory_bytes() == 0


async def test_a_stop_ends_the_process_and_removes_its_directory(child: Child) -> None:
    assert child.alive
    assert child._directory in here()
    assert child.memory_bytes() > 0
    await child.stop()
    assert not psutil.pid_exists(child.pid)
    assert child._directory not in here()


def test_nobody_else_can_enter_the_directory_of_the_socket(tmp_path: Path) -> None:
    assert children.private_directory(tmp_path).stat().st_mode & 0o077 == 0


def test_a_place_whose_path_is_too_long_for_a_socket_is_named(tmp_path: Path) -> None:
    place = tmp_path / ("x" * 110)
    place.mkdir()
    with pytest.raises(LoadFailedError, match="set TMPDIR to a shorter path"):
        children.private_directory(place)
    assert list(place.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_a_failed_load(tmp_path: Path) -> None:
    with pytest.raises(LoadFailedError, match="no directory for the model process's socket"):
        children.private_directory(tmp_path / "none")


async def test_a_process_that_says_nothing_or_fails_is_a_failed_load() -> None:
    for said, sentence in (("", "exit code 3"), ("failed: no memory", "^no memory$")):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", f"print({json.dumps(said)}); raise SystemExit(3)"),
            stdout=asyncio.subprocess.PIPE,
        )
        with pytest.raises(LoadFailedError, match=sentence):
            await children._until_ready(process)
        await process.wait()
