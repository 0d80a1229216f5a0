"""`python -m traffic worker` as an operator runs it: begins, measures beside the proxy, ends."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.generators import MODEL, Peer
from tests.ports import free_port
from tests.servers import running_proxy
from tests.unit.traffic.plan.test_trace import MODELS, two_models

TTFT = "time_to_first_token_seconds"
CEILING_SECONDS = 60.0


@dataclass
class Worker:
    process: Process
    url: str

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}{path}", json=body) as answer,
        ):
            return answer.status, await answer.json()

    async def value(self, name: str) -> float:
        """The sum of a sample over its labels."""
        text = (await self.get("/metrics"))[1]
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name
        )

    async def until(self, name: str, least: float) -> None:
        async with asyncio.timeout(CEILING_SECONDS):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    if await self.value(name) >= least:
                        return
                await asyncio.sleep(0.05)

    async def until_state(self, state: str) -> None:
        async with asyncio.timeout(CEILING_SECONDS):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    if f'"state":"{state}"' in (await self.get("/status"))[1]:
                        return
                await asyncio.sleep(0.05)

    async def end(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(self.process.communicate(), CEILING_SECONDS)
        assert self.process.returncode is not None
        return self.process.returncode, err.decode()


@contextlib.asynccontextmanager
async def worker(url: str, port: int | None = None, **told: str) -> AsyncIterator[Worker]:
    port = port or free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "traffic", "worker", "--log-level", "info", "--log-format", "json"),
        env={"TRAFFIC_BASE_URL": url, "TRAFFIC_WORKER_PORT": str(port), **told},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield Worker(process, f"http://127.0.0.1:{port}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_what_a_client_sees_stands_beside_what_the_proxy_sees() -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=0.02))
    async with ScriptedServer(fake) as server, running_proxy(server.url) as proxy:
        async with worker(proxy.url, TRAFFIC_RATE_PER_SECOND="50") as it:
            await it.until("traffic_requests_total", 20)
            code, told = await it.post("/stop")
            assert (code, told["state"]) == (200, "idle")
            chats = {"endpoint": "/api/chat"}
            for ours, theirs, labels in (
                ("traffic_requests_total", "ollama_proxy_requests_total", chats),
                ("traffic_generated_tokens_total", "ollama_proxy_generated_tokens_total", {}),
                ("traffic_prompt_tokens_total", "ollama_proxy_prompt_tokens_total", {}),
                (f"traffic_{TTFT}_count", f"ollama_proxy_{TTFT}_count", {}),
            ):
                assert await it.value(ours) == await proxy.value(theirs, **labels) > 0, ours
            # a client's clock begins before the proxy's and ends after it
            ours_seconds = await it.value(f"traffic_{TTFT}_sum")
            assert ours_seconds > await proxy.value(f"ollama_proxy_{TTFT}_sum") > 0
            assert (await it.get("/health"))[0] == 200
            code, _ = await it.end()
            assert code == 0


async def test_sigterm_lets_an_answer_end_and_logs_no_word_of_it() -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=0.3))
    async with ScriptedServer(fake) as server:
        async with worker(server.url, TRAFFIC_RATE_PER_SECOND="20") as it:
            await it.until("traffic_in_flight_requests", 1)
            code, err = await it.end()
    assert code == 0
    assert '"how":"stopped"' in err
    assert '"failed":0' in err
    assert "Traceback" not in err


async def test_a_worker_without_its_server_waits_and_begins_when_it_is_there() -> None:
    port = free_port()
    async with worker(f"http://127.0.0.1:{port}") as it:
        await it.until_state("waiting")
        assert (await it.get("/ready"))[0] == 200
        assert (await it.get("/health"))[0] == 503
        assert await it.value("traffic_running") == 0


async def test_what_is_starting_can_be_stopped() -> None:
    peer, looked = Peer(), asyncio.Event()

    async def held(call: Call) -> None:
        if not looked.is_set():
            looked.set()
            await call.peer_gone.wait()
        else:
            await peer.script(call)

    async with ScriptedServer(held) as server:
        async with worker(server.url, TRAFFIC_WORKER_AUTOSTART="false") as it:
            await it.until("traffic_build_info", 1)
            starting = asyncio.ensure_future(it.post("/start"))
            await looked.wait()
            assert '"state":"starting"' in (await it.get("/status"))[1]
            code, told = await it.post("/stop")
            assert (code, told["state"], told["run"]) == (200, "idle", None)
            assert await starting == (409, {"error": "it was stopped before it had begun"})
            assert (await it.post("/start", model=MODEL))[0] == 200


async def test_what_waits_for_its_server_can_be_stopped() -> None:
    async with worker(f"http://127.0.0.1:{free_port()}") as it:
        await it.until_state("waiting")
        code, told = await it.post("/stop")
        assert (code, told["state"]) == (200, "idle")
        code, told = await it.post("/start")
        assert code == 502
        assert "nothing answers at" in told["error"]
        assert (await it.post("/stop"))[0] == 409


async def test_a_worker_that_is_told_to_wait_asks_nothing() -> None:
    async with ScriptedServer(FakeOllama()) as server:
        async with worker(server.url, TRAFFIC_WORKER_AUTOSTART="false") as it:
            await it.until("traffic_build_info", 1)
            assert '"state":"idle"' in (await it.get("/status"))[1]
            code, told = await it.post("/start", preset="quick", arrival="closed")
            assert (code, told["state"]) == (200, "running")
            await it.until("traffic_requests_total", 10)


async def test_a_worker_that_replays_asks_the_models_of_its_trace(tmp_path: Path) -> None:
    told = {
        "TRAFFIC_PRESET": "replay",
        "TRAFFIC_ARRIVAL": "closed",
        "TRAFFIC_TRACE": str(two_models(tmp_path)),
        "TRAFFIC_WORKER_AUTOSTART": "false",
    }
    peer = Peer(models=MODELS)
    async with ScriptedServer(peer.script) as server:
        async with worker(server.url, None, **told) as it:
            await it.until("traffic_build_info", 1)
            code, state = await it.post("/start", warm_up=0)
            assert (code, state["run"]["models"]) == (200, list(MODELS))
            await it.until("traffic_requests_total", 10)
    assert {json.loads(call.body)["model"] for call in peer.chats} == set(MODELS)


async def test_a_taken_port_is_one_line_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with worker("http://127.0.0.1:9", port=port) as it:
            _, err = await asyncio.wait_for(it.process.communicate(), CEILING_SECONDS)
    assert it.process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in err.decode()
    assert "Traceback" not in err.decode()
