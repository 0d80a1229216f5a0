"""The exporter as a process, and collectors that follow a script for tests of what runs them."""

import asyncio
import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gpu_exporter.backends import Nothing
from gpu_exporter.board import Board
from gpu_exporter.collector import Context
from gpu_exporter.gpu import Backend, Gpu
from gpu_exporter.reading import Reading
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics.metric import Kind, Metric
from tests.clock import Clock
from tests.ports import free_port

CEILING_SECONDS = 10.0

Scrape = dict[str, dict[tuple[str, ...], float]]
"""Values by the metric's name, then by those of the labels."""

SIZE = Metric("sample_size_bytes", Kind.GAUGE, "A size.", (), "bytes")
COUNT = Metric("sample_things_total", Kind.COUNTER, "Things.", ("kind",))


@dataclass
class ScriptedCollector:
    """Answers with readings, or raises; `name` and `metrics` are as of a collector."""

    answer: Iterable[Reading] | Exception = ()
    last: Exception | None = None
    """Raised after the readings."""
    name: str = "sample"
    metrics: tuple[Metric, ...] = (SIZE, COUNT)
    runs: int = 0
    ran: threading.Event = field(default_factory=threading.Event)

    def collect(self) -> Iterator[Reading]:
        self.runs += 1
        self.ran.set()
        if isinstance(self.answer, Exception):
            raise self.answer
        yield from self.answer
        if self.last is not None:
            raise self.last


@dataclass
class HangingCollector:
    """Hangs in `collect` until it is let go."""

    name: str = "hanging"
    metrics: tuple[Metric, ...] = ()
    began: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def collect(self) -> Iterable[Reading]:
        self.began.set()
        self.let_go.wait(CEILING_SECONDS)
        return ()


@dataclass
class ScriptedBackend:
    """Has these cards, or raises."""

    name: str
    answer: Sequence[Gpu] | Exception = ()
    is_closed: bool = False
    return_code: int | None = None

    def read(self) -> Sequence[Gpu]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.is_closed = True


def a_gpu(index: str = "0", uuid: str = "GPU-a", vendor: str = "nvidia") -> Gpu:
    """A card that can say nothing but what it is."""
    return Gpu(index=index, uuid=uuid, name=f"Card {uuid}", vendor=vendor)


def context_of(
    backend: Backend | None = None,
    clock: Callable[[], float] | None = None,
    root: Path = Path("/"),
    **settings: object,
) -> Context:
    """What a collector is made with: of the machine below `root`, without an Ollama and a proxy."""
    defaults = {
        "ollama_url": "http://127.0.0.1:9",
        "proxy_url": "",
        "host_proc": root / "proc",
        "host_sys": root / "sys",
    }
    chosen = GpuExporterSettings.model_validate({**defaults, **settings})
    return Context(chosen, Board(), backend or Nothing(), clock or Clock(), lambda: 1.7e9)


def samples(text: str) -> list[Sample]:
    """What a scrape in Prometheus's text format holds."""
    return [s for family in text_string_to_metric_families(text) for s in family.samples]


def a_machine_that_hangs(folder: Path) -> None:
    """Lay out a /sys whose RAPL counter never answers: a pipe that nobody writes to."""
    zone = folder / "class" / "powercap" / "intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text("262143328850\n")
    os.mkfifo(zone / "energy_uj")


@dataclass(slots=True)
class ExporterProcess:
    """`python -m gpu_exporter` on a free port. Its log goes to a file: nobody reads a pipe."""

    child: asyncio.subprocess.Process
    log: IO[bytes]
    port: int

    async def get(self, path: str, accept: str = "") -> tuple[int, str]:
        """Status and body of an answer."""
        url = f"http://127.0.0.1:{self.port}{path}"
        async with aiohttp.ClientSession() as session:
            async with session.get(url, headers={"accept": accept}) as answer:
                return answer.status, await answer.text()

    async def scrape(self) -> Scrape:
        """What it tells now."""
        _, text = await self.get("/metrics")
        found: Scrape = {}
        for sample in samples(text):
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
        return found

    async def until_scraped(self, reached: Callable[[Scrape], bool]) -> Scrape:
        """Scrape until it tells what is waited for."""
        async with asyncio.timeout(2 * CEILING_SECONDS):
            while not reached(scrape := await self.scrape()):
                await asyncio.sleep(0.05)
        return scrape

    async def until(self, path: str, status: int = 200) -> str:
        """Wait until `path` is answered so; the body."""
        async with asyncio.timeout(2 * CEILING_SECONDS):
            while True:
                assert self.child.returncode is None, self.logged()
                with contextlib.suppress(aiohttp.ClientError):
                    found, body = await self.get(path)
                    if found == status:
                        return body
                await asyncio.sleep(0.02)

    def logged(self) -> str:
        """What it has logged so far."""
        self.log.seek(0)
        return self.log.read().decode()

    async def ended(self) -> str:
        """Wait for the end; what it logged."""
        async with asyncio.timeout(2 * CEILING_SECONDS):
            await self.child.wait()
        return self.logged()


@contextlib.asynccontextmanager
async def exporter_process(
    *arguments: str, module: str = "gpu_exporter", **variables: str
) -> AsyncIterator[ExporterProcess]:
    """An exporter that finds neither an Ollama nor a proxy, unless the variables say where."""
    prefix = "GPU_EXPORTER_"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(prefix)}  # noqa: TID251
    port, nobody = free_port(), f"http://127.0.0.1:{free_port()}"
    told = {
        f"{prefix}PORT": str(port),
        f"{prefix}OLLAMA_URL": nobody,
        f"{prefix}PROXY_URL": nobody,
        **variables,
    }
    with tempfile.TemporaryFile() as log:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            env={**clean, **told},
            stdout=log,
            stderr=log,
        )
        try:
            yield ExporterProcess(child, log, port)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
