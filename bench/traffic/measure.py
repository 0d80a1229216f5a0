"""The server and who reads it as processes of their own, and what the machine did meanwhile."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from bench import kernel
from bench.traffic.truth import NoTruthError, Truth, truth
from bench.traffic.upstream import Pace

GENERATOR = ("bench.traffic.generator",)
"""What reads, as a module and its flags."""
WITHIN_SECONDS = 60.0
"""Beyond the time that the load itself takes."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many streams at a time, each of so many chunks a second, for so long."""

    streams: int
    seconds: float
    chunks_per_second: float = 100.0
    wait_seconds: float = 0.05
    answer_seconds: float = 1.0
    hold_seconds: float = 0.0

    @property
    def pace(self) -> Pace:
        """That of each answer."""
        chunks = round((self.answer_seconds - self.wait_seconds) * self.chunks_per_second)
        return Pace(chunks, self.chunks_per_second, self.wait_seconds, self.hold_seconds)

    @property
    def requests_per_second(self) -> float:
        """The rate at which so many answers are under way at a time."""
        return self.streams / self.pace.answer_seconds

    @property
    def requests(self) -> int:
        """How many there are in the time."""
        return max(1, round(self.requests_per_second * self.seconds))


@dataclass(frozen=True, slots=True)
class Sample:
    """What one measurement came to."""

    truth: Truth
    requests: int
    chunks: int
    cpu_seconds_per_chunk: float
    """Of who reads, with all that its requests take."""
    check: dict[str, Any] | None
    """The generator's own verdict, by its parts; a thin reader has none."""
    reasons: tuple[str, ...]
    load_average: float
    """Of the machine, over the minute before."""
    others_cores: float
    """Cores that other processes took meanwhile."""


async def measure(load: Load, reader: Sequence[str] = GENERATOR) -> Sample:
    """Take one sample. Raises: NoTruthError."""
    load_average = os.getloadavg()[0]
    async with _server(load.pace) as (server, port):
        before = _busy_seconds(), kernel.cpu_seconds(server), time.perf_counter()
        found, children = await _played(port, load, reader)
        ours = kernel.cpu_seconds(server) - before[1] + children
        seconds = time.perf_counter() - before[2]
        others = _busy_seconds() - before[0] - ours
    if lost := found.get("lost"):
        raise NoTruthError(f"expected every request to be sent, found {lost} dropped")
    requests = found["requests"]
    chunks = len(requests) * load.pace.chunks
    return Sample(
        truth(requests, load.pace.chunks),
        len(requests),
        chunks,
        found["cpu_seconds"] / chunks,
        found.get("check"),
        tuple(found.get("reasons", ())),
        load_average,
        max(0.0, others / seconds),
    )


async def _played(port: int, load: Load, reader: Sequence[str]) -> tuple[dict[str, Any], float]:
    """What the reader says, and the CPU time of its whole process. Raises: NoTruthError."""
    before = os.times()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", *reader, "--port", str(port)),
        *("--requests", str(load.requests)),
        *("--requests-per-second", repr(load.requests_per_second)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(load.seconds + WITHIN_SECONDS):
            told, _ = await child.communicate()
    except TimeoutError as error:
        raise NoTruthError(f"{reader[-1]} did not end within {WITHIN_SECONDS:g} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise NoTruthError(f"{reader[-1]} ended with code {child.returncode}")
    after = os.times()
    children = after.children_user + after.children_system
    return json.loads(told), children - before.children_user - before.children_system


@contextlib.asynccontextmanager
async def _server(pace: Pace) -> AsyncIterator[tuple[int, int]]:
    """Run the server; yields its pid and its port."""
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.traffic.upstream", "--chunks", str(pace.chunks)),
        *("--chunks-per-second", repr(pace.chunks_per_second)),
        *("--wait-seconds", repr(pace.wait_seconds)),
        *("--hold-seconds", repr(pace.hold_seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        if not (port := await server.stdout.readline()):
            raise NoTruthError("expected the port of the server, found that it ended")
        yield server.pid, int(port)
    finally:
        if server.returncode is None:
            server.terminate()
            await server.wait()


def _busy_seconds() -> float:
    """CPU time of all cores that was spent on anything, so far."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)
