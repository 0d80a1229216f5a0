"""What is measured: an upstream with a real model or a scripted one, and proxies before it."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from bench.queue import upstream
from bench.queue.cases import CASES, COSTS, SLOTS, Load
from bench.queue.crowd import Crowd
from bench.rounds import Rounds
from bench.subjects import PROXY_SETTINGS, Subject, until_ready
from bench.subjects import upstream as quick_upstream
from bench.workloads import Sample, unary
from tests import engines
from tests.processes import ProxyProcess, proxy_process

PREFILL_SECONDS, TOKENS_PER_SECOND = 0.1, 40.0
SCRIPTED, REAL = "scripted", "model"
Say = Callable[[str], None]


@contextlib.asynccontextmanager
async def scripted() -> AsyncIterator[str]:
    """A scripted Ollama in a process of its own; its URL."""
    words = (str(SLOTS), str(PREFILL_SECONDS), str(TOKENS_PER_SECOND))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", upstream.__name__, *words), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{int(await child.stdout.readline())}"
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


@contextlib.asynccontextmanager
async def real() -> AsyncIterator[str]:
    """The embedded engine with its small model; its URL."""
    with tempfile.TemporaryDirectory() as folder:
        running = engines.running_engine(Path(folder), num_parallel=SLOTS)
        engine = await asyncio.to_thread(running.__enter__)
        try:
            yield engine.url
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def measure(url: str, model: str, load: Load, say: Say) -> Rounds:
    """Every case in turn, round after round, before one upstream. Raises: WrongAnswerError."""
    taken: dict[str, list[Sample]] = {case.name: [] for case in CASES}
    for number in range(load.rounds):
        for case in CASES:
            say(f"queue: {case.title}, round {number + 1} of {load.rounds}")
            async with _proxy(url, **case.settings) as proxy:
                taken[case.name].append(await Crowd(proxy.url, model, case, load).sample())
    return {"queue": taken}


async def costs(load: Load, say: Say) -> Rounds:
    """CPU of a request with and without the queue, nothing having to wait."""
    takes = {"unary_1": unary(1, load.cpu_requests), "unary_16": unary(16, 2 * load.cpu_requests)}
    taken: Rounds = {name: {one: [] for one in COSTS} for name in takes}
    async with quick_upstream() as port, contextlib.AsyncExitStack() as stack:
        subjects = []
        for name, settings in COSTS.items():
            url = f"http://127.0.0.1:{port}"
            proxy = await stack.enter_async_context(_proxy(url, **PROXY_SETTINGS, **settings))
            subjects.append(Subject(name, proxy.port, port, proxy.child.pid))
        for subject in subjects:
            await unary(16, max(16, load.cpu_requests // 4))(subject)
        for number in range(load.cpu_rounds):
            for name, take in takes.items():
                say(f"queue: CPU, {name}, round {number + 1} of {load.cpu_rounds}")
                for subject in subjects:
                    taken[name][subject.name].append(await take(subject))
    return taken


@contextlib.asynccontextmanager
async def _proxy(url: str, **settings: str) -> AsyncIterator[ProxyProcess]:
    async with proxy_process(url, **settings) as proxy:
        await until_ready(proxy)
        yield proxy
