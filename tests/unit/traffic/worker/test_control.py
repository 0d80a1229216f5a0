"""The worker over HTTP: what it is told it does, what it cannot do it says in a sentence."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ollama_observe.service.lifecycle import Listener, listening
from tests.fakes.server import ScriptedServer
from tests.loopback import http_client
from tests.unit.traffic.bank.test_loading import write_bank
from tests.unit.traffic.worker.test_session import Ollama
from traffic.bank.loading import Bank, load_bank
from traffic.worker.command import Worker, WorkerSettings, create_worker


@dataclass
class World:
    http: httpx2.AsyncClient
    ollama: Ollama
    worker: Worker

    async def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        answer = await self.http.post(path, json=body)
        return answer.status_code, answer.json()


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path))


@contextlib.asynccontextmanager
async def world(bank: Bank, is_open: bool = True, **told: Any) -> AsyncIterator[World]:
    ollama = Ollama()
    if is_open:
        ollama.gate.set()
    async with ScriptedServer(ollama) as server:
        given = {"base_url": server.url, "model": "m:1b", "worker_drain_seconds": 5.0, **told}
        worker = create_worker(WorkerSettings(**given), bank)
        listener = Listener("control", worker.app, "127.0.0.1", 0)
        async with listening(listener) as port, worker.session.serving(None):
            worker.readiness.open()
            url = f"http://127.0.0.1:{port}"
            async with http_client(url, 20) as http:
                yield World(http, ollama, worker)


async def test_a_run_is_started_paced_seen_and_stopped(bank: Bank) -> None:
    async with world(bank) as it:
        assert (await it.http.get("/status")).json() == {"state": "idle", "detail": "", "run": None}
        code, told = await it.post("/start", rate_per_second=50, categories="code,longform")
        assert (code, told["state"]) == (200, "running")
        assert told["run"]["settings"]["categories"] == "code,longform"
        await it.ollama.asked.wait()
        paced = await it.http.patch("/rate", json={"rate_per_second": 100})
        assert (paced.status_code, paced.json()["run"]["settings"]["rate_per_second"]) == (200, 100)
        code, told = await it.post("/stop")
        assert (code, told["state"], told["run"]["how"]) == (200, "idle", "stopped")
        assert told["run"]["ok"] == it.ollama.chats > 0
        scrape = (await it.http.get("/metrics")).text
        assert "traffic_running 0.0" in scrape
        assert 'traffic_http_requests_total{handler="/start"' in scrape


async def test_a_worker_that_falls_behind_still_answers(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        flood = {"arrival": "burst", "burst_size": 20_000, "max_in_flight": 4}
        await it.post("/start", questions=20_000, rate_per_second=10_000, **flood)
        await it.ollama.asked.wait()
        told = (await it.http.get("/status")).json()
        assert (told["state"], told["run"]["in_flight"]) == ("running", 4)
        assert told["run"]["dropped"] < 19_996
        it.ollama.gate.set()
        code, told = await it.post("/stop")
        assert (code, told["run"]["how"]) == (200, "stopped")


async def test_a_stop_can_leave_what_is_in_flight(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        await it.post("/start", arrival="closed")
        await it.ollama.asked.wait()
        code, told = await it.post("/stop", leave=True)
        assert (code, told["run"]["cancelled"]) == (200, 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "said"),
    [
        ("POST", "/start", {"rte": 1}, 422, "unknown setting 'rte'"),
        ("POST", "/start", {"preset": "huge"}, 422, "TRAFFIC_PRESET (--preset): Input should be"),
        ("POST", "/start", {"model": "no:1b"}, 502, "has no model no:1b"),
        ("POST", "/start", [1], 422, "expected a JSON object"),
        ("POST", "/start", {"model": "m" * 70_000}, 422, "expected at most 65536 bytes"),
        ("POST", "/stop", {}, 409, "it is idle: there is nothing to stop"),
        ("POST", "/stop", {"leave": 1}, 422, "leave: expected true or false, found 1"),
        ("POST", "/stop", {"now": True}, 422, "expected leave alone, found now"),
        ("PATCH", "/rate", {}, 422, "expected rate_per_second, found nothing"),
        (
            "PATCH",
            "/rate",
            {"rate_per_second": 0},
            422,
            "Input should be greater than or equal to 0.000001",
        ),
        ("PATCH", "/rate", {"rate_per_second": 1}, 409, "it is idle: there is no rate"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(
    bank: Bank, method: str, path: str, body: Any, code: int, said: str
) -> None:
    async with world(bank) as it:
        answer = await it.http.request(method, path, json=body)
        assert answer.status_code == code
        assert said in answer.json()["error"]
        assert (await it.http.get("/status")).json()["run"] is None


async def test_a_running_worker_is_not_started_again(bank: Bank) -> None:
    async with world(bank, is_open=False) as it:
        await it.post("/start", arrival="closed")
        code, told = await it.post("/start")
        assert (code, told) == (409, {"error": "it is running: POST /stop first"})
        it.ollama.gate.set()


async def test_of_two_starts_at_once_one_begins(bank: Bank) -> None:
    async with world(bank) as it:
        it.ollama.is_listed.clear()
        starts = [asyncio.ensure_future(it.post("/start", preset="quick")) for _ in range(2)]
        (first,), _ = await asyncio.wait(starts, return_when=asyncio.FIRST_COMPLETED)
        assert first.result() == (409, {"error": "it is starting: POST /stop first"})
        it.ollama.is_listed.set()
        assert sorted(code for code, _ in await asyncio.gather(*starts)) == [200, 409]


async def test_json_that_is_too_deep_is_refused(bank: Bank) -> None:
    async with world(bank) as it:
        deep = b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
        sent = {"content-type": "application/json"}
        answer = await it.http.post("/start", content=deep, headers=sent)
        assert answer.status_code == 422
        assert "expected a JSON object: maximum recursion depth" in answer.json()["error"]


async def test_a_body_that_a_page_may_send_unasked_is_refused(bank: Bank) -> None:
    async with world(bank) as it:
        form = await it.http.post("/start", content=b"{}", headers={"content-type": "text/plain"})
        assert form.status_code == 422
        assert form.json() == {"error": "expected application/json, found text/plain"}


@pytest.mark.parametrize(("method", "path"), [("POST", "/start"), ("PATCH", "/rate")])
async def test_a_page_of_another_origin_changes_nothing_and_reads_nothing(
    bank: Bank, method: str, path: str
) -> None:
    async with world(bank) as it:
        page = {"origin": "http://evil.example"}
        answer = await it.http.request(method, path, headers=page)
        assert answer.status_code == 403
        seen = await it.http.get("/status", headers=page)
        assert "access-control-allow-origin" not in seen.headers
        assert it.worker.session.state == "idle"
