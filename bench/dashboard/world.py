"""A dashboard as a process, before a real Prometheus with a history and a proxy of few words."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes.server import Call, ScriptedServer
from tests.histories import prometheus_with
from tests.ports import free_port

IN_FLIGHT = 8
"""Requests in the live table."""
SCRAPE_SECONDS = 5
STARTS_WITHIN_SECONDS = 20.0
INSTALL = "bench: no Prometheus, the dashboard is not measured: install the package prometheus"


class NoFigureError(Exception):
    """What was measured is not what was to be measured; the message says how."""


def is_possible() -> bool:
    """Whether there is a Prometheus to ask."""
    return all(map(shutil.which, ("prometheus", "promtool")))


@contextlib.contextmanager
def prometheus(before_seconds: float, after_seconds: float) -> Iterator[str]:
    """One that has every metric from so long ago until so long from now; its address.

    They are there beforehand, since a machine of two cores that also scraped and evaluated would
    measure that. So what rules record is not there.
    """
    now = int(datetime.now(UTC).timestamp())
    instants = range(now - int(before_seconds), now + int(after_seconds), SCRAPE_SECONDS)
    with (
        tempfile.TemporaryDirectory() as folder,
        prometheus_with(Path(folder), instants, instants, has_rules=False) as process,
    ):
        yield process.api.url


@contextlib.asynccontextmanager
async def proxy() -> AsyncIterator[str]:
    """What the proxy says of itself and of what is in flight, once a second; its address."""
    async with ScriptedServer(_proxy) as server:
        yield server.url


async def _proxy(call: Call) -> None:
    if call.target != "/api/inflight/stream":
        health = {"ready": True, "uptime_seconds": 60.0, "checks": {}}
        await call.answer("200 OK", [], json.dumps(health).encode())
        return
    await call.head(
        "200 OK", [(b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked")]
    )
    second = 0
    while not call.peer_gone.is_set():
        await call.chunk(b"data: " + json.dumps(_table(second)).encode() + b"\n\n")
        second += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await call.peer_gone.wait()


def _table(second: int) -> dict[str, object]:
    rows = [
        {
            "request_id": f"request-{number}",
            "endpoint": "/api/chat",
            "model": "llama3.2:1b",
            "routing": "direct",
            "phase": "answering",
            "age_seconds": second + number / 10,
            "sent_seconds": second + number / 10,
            "tokens": 40 * second,
            "tokens_per_second": 40.0,
        }
        for number in range(IN_FLIGHT)
    ]
    return {"count": len(rows), "requests": rows, "finished": []}


@dataclass(slots=True)
class DashboardProcess:
    """`python -m dashboard` on a free port. Its log goes to a file: nobody reads a pipe."""

    child: asyncio.subprocess.Process
    log: IO[bytes]
    port: int

    async def scrape(self) -> dict[str, float]:
        """What it tells of itself: name and labels to value. Raises: httpx2.HTTPError."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"http://127.0.0.1:{self.port}/metrics")).text
        families = text_string_to_metric_families(text)
        samples = (sample for family in families for sample in family.samples)
        return {" ".join((one.name, *one.labels.values())): one.value for one in samples}

    async def until_ready(self) -> None:
        """Wait until it answers. Raises: NoFigureError."""
        try:
            async with asyncio.timeout(STARTS_WITHIN_SECONDS):
                while self.child.returncode is None:
                    with contextlib.suppress(httpx2.HTTPError):
                        await self.scrape()
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        self.log.seek(0)
        raise NoFigureError(f"the dashboard did not start: {self.log.read().decode()[-500:]}")


@contextlib.asynccontextmanager
async def dashboard(prometheus_url: str, proxy_url: str) -> AsyncIterator[DashboardProcess]:
    """One that is ready. Raises: NoFigureError."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DASHBOARD_")}  # noqa: TID251
    port = free_port()
    told = {
        "DASHBOARD_PORT": str(port),
        "DASHBOARD_PROMETHEUS_URL": prometheus_url,
        "DASHBOARD_PROXY_URL": proxy_url,
        "DASHBOARD_GPU_EXPORTER_URL": "",
        "DASHBOARD_LOG_FORMAT": "json",
    }
    with tempfile.TemporaryFile() as log:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dashboard"), env={**clean, **told}, stdout=log, stderr=log
        )
        process = DashboardProcess(child, log, port)
        try:
            await process.until_ready()
            yield process
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()
