"""`top` before a real proxy, a real exporter and a scripted Ollama: what it tells and shows."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil
import pytest

from tests.components import need
from tests.exporters import ExporterProcess, exporter_process
from tests.fakes.faults import Faults
from tests.fakes.memory import Memory
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.ports import free_port
from tests.processes import ProxyProcess, proxy_process
from tests.screens import Seat, at_a_screen
from tests.stacks import not_the_operators, of_this_machine

pytestmark = pytest.mark.long

SMALL, LARGE, HANGING = "small:1b", "large:70b", "hanging:8b"
TOKENS = {SMALL: 7, LARGE: 11, HANGING: 50}
WITHIN_SECONDS = 30.0


@dataclass
class Parts:
    """What runs."""

    proxy: ProxyProcess
    exporter: ExporterProcess
    asked: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def words(self) -> tuple[str, ...]:
        """`top` of these."""
        proxy = f"http://127.0.0.1:{self.proxy.control_port}"
        return ("top", "--proxy", proxy, "--exporter", f"http://127.0.0.1:{self.exporter.port}")

    async def ask(self, model: str, path: str = "/api/chat") -> None:
        """A streamed answer, to its end."""
        body = {"model": model, "prompt": "Why?", "messages": [{"role": "user", "content": "Why?"}]}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.proxy.url}{path}", json=body) as answer,
        ):
            await answer.read()

    def begin(self, model: str) -> None:
        """Ask, and wait for no end."""
        self.asked.append(asyncio.ensure_future(self.ask(model)))

    async def looks(self) -> int:
        """How often the table of requests was asked for."""
        _, page = await self.proxy.get("/metrics")
        lines = [line for line in page.splitlines() if "/api/inflight" in line]
        counted = [line for line in lines if line.startswith("proxy_http_requests_total{")]
        return int(float(counted[0].split()[-1])) if counted else 0


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Parts]:
    models = {name: Model(name=name, output_tokens=count) for name, count in TOKENS.items()}
    memory = Memory(gpu_ratios={LARGE: 0.5})
    fake = FakeOllama(models=models, faults=Faults(ttft_seconds=0.02), memory=memory)
    fake.faults_of = {HANGING: Faults(hang_after=3)}
    async with ScriptedServer(fake) as ollama, proxy_process(ollama.url) as proxy:
        told = {
            "GPU_EXPORTER_BACKEND": "demo",
            "GPU_EXPORTER_OLLAMA_URL": ollama.url,
            "GPU_EXPORTER_PROXY_URL": f"http://127.0.0.1:{proxy.control_port}",
            "GPU_EXPORTER_OLLAMA_INTERVAL_SECONDS": "0.2",
            "GPU_EXPORTER_HOST_INTERVAL_SECONDS": "0.2",
        }
        async with exporter_process(**told) as exporter:
            await proxy.until_ready()
            await exporter.until("/ready")
            parts = Parts(proxy, exporter)
            try:
                yield parts
            finally:
                for task in parts.asked:
                    task.cancel()
                await asyncio.gather(*parts.asked, return_exceptions=True)


def environment(**more: str) -> dict[str, str]:
    return {**not_the_operators(), **of_this_machine(), "RUNTIME": "local", **more}


async def once(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "stack", *words],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )


async def told(parts: Parts, *words: str) -> dict[str, Any]:
    done = await once(*parts.words, "--once", "--json", "--interval", "0.3", *words)
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


async def watched(
    parts: Parts, look: Callable[[Seat], None], columns: int = 80, rows: int = 24, **more: str
) -> int:
    """The exit code of `top` at a screen; `look` is what a viewer does, in a thread."""

    def sit() -> int:
        words = ["-m", "stack", *parts.words]
        with at_a_screen(words, environment(**more), columns, rows) as seat:
            before = seat.modes
            look(seat)
            code = seat.end()
            assert seat.modes == before
            assert seat.grid.modes == {"other screen": False, "cursor": True, "wrap": True}
            return code

    return await asyncio.to_thread(sit)


async def test_a_document_has_what_was_asked_to_the_last_token() -> None:
    async with running() as parts:
        for _ in range(5):
            await parts.ask(SMALL)
        await parts.ask(LARGE, "/api/generate")
        await parts.ask("no such model")
        parts.begin(HANGING)
        await parts.exporter.until_scraped(
            lambda scrape: (HANGING,) in scrape.get("ollama_model_memory_bytes", {})
        )
        found = await told(parts)
    since = found["since_start"]
    assert (since["requests"], since["errors"]) == (7, 1)
    assert since["errors_by_type"] == {"upstream_4xx": 1}
    # what hangs has brought three of its tokens
    assert since["generated_tokens"] == 5 * TOKENS[SMALL] + TOKENS[LARGE] + 3
    assert since["ttft_count"] == 6
    assert 0.0 < since["ttft_p50_seconds"] < 1
    (flying,) = found["in_flight"]
    assert (flying["model"], flying["phase"], flying["tokens"]) == (HANGING, "answering", 3)
    assert (flying["endpoint"], flying["routing"]) == ("/api/chat", "direct")
    assert flying["age_seconds"] > 0
    models = {one["name"]: one for one in found["models"]}
    assert set(models) == {SMALL, LARGE, HANGING}
    assert models[LARGE]["gpu_ratio"] == pytest.approx(0.5, abs=0.01)
    assert models[LARGE]["vram_bytes"] + models[LARGE]["ram_bytes"] == models[LARGE]["memory_bytes"]
    assert 240 < models[SMALL]["expires_in_seconds"] < 303  # dates have whole seconds
    assert [gpu["is_demo"] for gpu in found["gpus"]] == [True, True]
    assert 0 < found["host"]["memory_used_bytes"] < found["host"]["memory_total_bytes"]
    assert 0 <= found["host"]["cpu_ratio"] <= 1
    assert found["ollama"] == {"is_up": True, "version": "0.33.0"}
    assert found["stack"]["uptime_seconds"] > 0


async def test_rates_and_what_ended_are_of_the_time_between_two_looks() -> None:
    async with running() as parts:
        await parts.ask(LARGE)
        looks = await parts.looks()
        telling = asyncio.ensure_future(told(parts, "--interval", "4"))
        async with asyncio.timeout(WITHIN_SECONDS):
            while await parts.looks() == looks:
                await asyncio.sleep(0.05)
        for _ in range(3):
            await parts.ask(SMALL)
        await parts.ask("no such model")
        found = await telling
    lately = found["lately"]
    assert (lately["requests"], lately["generated_tokens"]) == (4, 3 * TOKENS[SMALL])
    assert lately["errors_by_type"] == {"upstream_4xx": 1}
    assert lately["ttft_count"] == 3
    assert 3.5 < lately["over_seconds"] < 8
    assert lately["requests_per_second"] == pytest.approx(4 / lately["over_seconds"], rel=0.01)
    assert found["now"]["generated_tokens_per_second"] == pytest.approx(
        lately["generated_tokens_per_second"], rel=0.5
    )
    ended = {(one["model"], one["status"], one["is_error"]) for one in found["finished"]}
    assert {(SMALL, 200, False), ("other", 404, True)} <= ended


async def test_proxies_add_up() -> None:
    async with running() as parts, running() as others:
        await parts.ask(SMALL)
        await others.ask(LARGE)
        parts.begin(HANGING)
        others.begin(HANGING)
        async with asyncio.timeout(WITHIN_SECONDS):
            while True:
                more = ("--proxy", f"http://127.0.0.1:{others.proxy.control_port}")
                found = await told(parts, *more)
                if [one["tokens"] for one in found["in_flight"]] == [3, 3]:
                    break
    assert found["proxies_asked"] == 2
    assert found["since_start"]["requests"] == 2
    assert found["since_start"]["generated_tokens"] == TOKENS[SMALL] + TOKENS[LARGE] + 6


async def test_without_a_terminal_it_is_one_screen_as_plain_text() -> None:
    async with running() as parts:
        await parts.ask(SMALL)
        done = await once(*parts.words, "--interval", "0.2", COLUMNS="100")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert done.stdout.replace("\n", "").isprintable()
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("Ollama Observe 0.1.0  127.0.0.1  up ")
    assert any(line.startswith(SMALL) and " ok " in line for line in lines)


async def test_who_does_not_answer_is_named_and_the_others_shown() -> None:
    async with running() as parts:
        nobody = f"http://127.0.0.1:{free_port()}"
        done = await once(*parts.words, "--exporter", nobody, "--once", "--interval", "0.2")
        assert done.returncode == 0
        said = f"gpu-exporter does not answer at {nobody}: connection refused"
        assert said in " ".join(done.stdout.split())
        # two parts that are mistaken for each other
        proxy = f"http://127.0.0.1:{parts.proxy.control_port}"
        exporter = f"http://127.0.0.1:{parts.exporter.port}"
        swapped = ("top", "--proxy", exporter, "--exporter", proxy, "--once", "--json")
        done = await once(*swapped)
    assert done.returncode == 3
    problems = {one["part"]: one["problem"] for one in json.loads(done.stdout)["sources"]}
    assert problems["proxy"] == "it answered 404 to GET /api/inflight"
    assert problems["gpu-exporter"].startswith("it is no exporter")


async def test_80x24_shows_all_of_it_and_keys_change_it() -> None:
    async with running() as parts:
        await parts.ask(SMALL)
        parts.begin(HANGING)

        def look(seat: Seat) -> None:
            seat.until(lambda text: "hanging:8b" in text and "GPU 1" in text and "LOADED" in text)
            text = seat.until("answering")
            lines = text.split("\n")
            assert len(lines) == 24
            assert max(map(len, lines)) <= 80
            assert "Ollama 0.33.0 up" in lines[0]
            assert "1 in flight" in lines[1]
            assert any(line.startswith("small:1b") and " ok " in line for line in lines)
            assert lines[-1].startswith("q quit  p pause  s sort: age  m model: all")
            assert seat.grid.modes == {"other screen": True, "cursor": False, "wrap": False}
            assert seat.grid.colours > 0
            seat.type("s")
            seat.until("s sort: tokens")
            seat.type("m")
            seat.until(f"m model: {HANGING}")
            seat.until(lambda text: "ENDED  none of late" in text)
            seat.type("M")
            seat.until("m model: all")
            seat.type("p")
            title = seat.until("PAUSED").split("\n")[0]
            assert seat.listen(1.5) == b""
            assert seat.grid.text.split("\n")[0] == title
            seat.type("p")
            seat.until(lambda text: "PAUSED" not in text)
            seat.type("q")

        assert await watched(parts, look) == 0


def are_side_by_side(text: str) -> bool:
    """What is in flight and what ended, on a wide screen."""
    return any(line.startswith("IN FLIGHT") and "ENDED" in line for line in text.split("\n"))


async def test_another_size_is_another_screen() -> None:
    async with running() as parts:
        await parts.ask(SMALL)
        parts.begin(HANGING)

        def look(seat: Seat) -> None:
            seat.until("answering")
            for columns, rows in ((160, 50), (40, 10), (80, 24), (1, 1), (132, 36)):
                seat.resize(columns, rows)
                text = seat.until(lambda text, rows=rows: len(text.split("\n")) == rows)  # type: ignore[misc]
                assert max(map(len, text.split("\n"))) <= columns
            seat.until(are_side_by_side)  # not at once: what is drawn may be of the size before
            seat.type("q")

        assert await watched(parts, look) == 0


async def test_however_it_ends_the_terminal_is_as_it_was() -> None:
    async with running() as parts:
        codes = {}
        for how in ("q", "\x03", "\x04", signal.SIGTERM, signal.SIGHUP, signal.SIGINT):

            def look(seat: Seat, how: str | int = how) -> None:
                seat.until("in flight")
                seat.send(how) if isinstance(how, int) else seat.type(how)

            codes[how] = await watched(parts, look)
    assert codes == {
        "q": 0,
        "\x03": 0,
        "\x04": 0,
        signal.SIGTERM: 130,
        signal.SIGHUP: 130,
        signal.SIGINT: 130,
    }


async def test_ctrl_z_gives_the_terminal_back_until_it_goes_on() -> None:
    async with running() as parts:

        def look(seat: Seat) -> None:
            seat.until("in flight")
            # where no shell could bring it back it is not stopped
            seat.type("\x1a")
            seat.until(lambda _: seat.bytes.count(b"\x1b[?1049h") == 2)
            assert seat.bytes.count(b"\x1b[?1049l") == 1
            seat.until("in flight")
            seat.type("q")

        assert await watched(parts, look) == 0


async def test_where_colours_are_not_wanted_there_are_none() -> None:
    async with running() as parts:

        def look(seat: Seat) -> None:
            seat.until("Ollama 0.33.0 up")
            seat.type("q")
            assert seat.grid.colours == 0

        assert await watched(parts, look, NO_COLOR="1") == 0


async def test_a_terminal_that_cannot_write_blocks_gets_letters() -> None:
    async with running() as parts:

        def look(seat: Seat) -> None:
            seat.until("Ollama 0.33.0 up")
            assert seat.bytes.isascii()
            seat.type("q")

        assert await watched(parts, look, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0") == 0


async def test_it_costs_little_to_watch() -> None:
    async with running() as parts:
        await parts.ask(SMALL)

        def look(seat: Seat) -> None:
            seat.until(lambda text: "GPU 1" in text and "0 in flight" in text)
            process = psutil.Process(seat.pid)
            before, begun = process.cpu_times(), time.monotonic()
            sent = seat.listen(5.0)
            after, seconds = process.cpu_times(), time.monotonic() - begun
            used = after.user + after.system - before.user - before.system
            assert used / seconds < 0.2, "of a core, at one look a second"
            assert len(sent) / seconds < 2000, "bytes a second, of a screen of 1920 cells"
            seat.type("q")

        assert await watched(parts, look) == 0


async def test_in_a_real_terminal_it_is_shown_and_gone_without_a_trace() -> None:
    need("tmux", shutil.which("tmux") is not None, "install tmux")
    async with running() as parts:
        parts.begin(HANGING)
        await asyncio.to_thread(_in_tmux, parts)


def _in_tmux(parts: Parts) -> None:
    name = f"top-{os.getpid()}"

    def tmux(*words: str) -> str:
        command = ["tmux", "-L", name, "-f", os.devnull, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def until(reached: Callable[[str], bool]) -> str:
        end = time.monotonic() + WITHIN_SECONDS
        while not reached(text := tmux("capture-pane", "-p")):
            assert time.monotonic() < end, text
            time.sleep(0.1)
        return text

    top = " ".join((sys.executable, "-m", "stack", *parts.words))
    told = [f"{key}={value}" for key, value in environment(LC_ALL="C.UTF-8").items() if value]
    shell = f"echo before; env {' '.join(told)} {top}; echo ended with $?; sleep 60"
    tmux("-u", "new-session", "-d", "-x", "80", "-y", "24", shell)
    try:
        text = until(lambda text: "answering" in text and "GPU 1" in text)
        assert text.startswith("Ollama Observe 0.1.0  127.0.0.1")
        assert "q quit" in text.rstrip("\n").split("\n")[-1]
        tmux("send-keys", "q")
        text = until(lambda text: "ended with" in text)
        assert text.split() == ["before", "ended", "with", "0"]
    finally:
        tmux("kill-server")
