"""What the proxy adds: `python -m bench.overhead`.

A scripted Ollama and a proxy process on loopback, asked in turn directly and through the
proxy, so that both see the same machine. Bounded: a few thousand requests, under a minute.
CPU time is the proxy process's own, from the kernel; that a slow client shares the machine
does not matter to it. Latencies are medians of sequential requests on one connection.
"""

import argparse
import asyncio
import json
import statistics
import time
from dataclasses import asdict, dataclass

import psutil

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.processes import ProxyProcess, proxy_process

UNARY = {"model": "smollm2:135m", "messages": [], "stream": False}
STREAM = {"model": "smollm2:135m", "messages": [], "stream": True}


@dataclass(frozen=True, slots=True)
class Overhead:
    """Units: seconds per request, or per streamed chunk; `first_byte` is added latency."""

    cpu_seconds_per_unary_request: float
    cpu_seconds_per_chunk: float
    first_byte_added_p50_seconds: float
    first_byte_added_p99_seconds: float


async def first_bytes(url: str, count: int) -> list[float]:
    """Seconds from the request sent to the first byte, of sequential unary requests."""
    waits = []
    async with await RawClient.connect(url) as client:
        for _ in range(count):
            at = time.perf_counter()
            await client.request("POST", "/api/chat", UNARY)
            head = await client.head()
            waits.append(time.perf_counter() - at)
            await client.body(head)
    return waits


async def stream(url: str) -> None:
    """Read one streamed answer to its end."""
    async with await RawClient.connect(url) as client:
        await client.request("POST", "/api/chat", STREAM)
        head = await client.head()
        while await client.chunk():
            pass
        assert head.status == 200


def cpu_seconds(proxy: ProxyProcess) -> float:
    """CPU time of the proxy process so far, user and system."""
    times = psutil.Process(proxy.child.pid).cpu_times()
    return times.user + times.system


async def measure(requests: int, chunks: int) -> Overhead:
    """Measure on a fresh proxy, after a warm-up."""
    fake = FakeOllama(Model(output_tokens=12))
    async with ScriptedServer(fake) as ollama, proxy_process(ollama.url) as proxy:
        await proxy.until_ready()
        await first_bytes(proxy.url, 200)
        rounds = 5
        direct, relayed, spent = [], [], 0.0
        for _ in range(rounds):
            direct += await first_bytes(ollama.url, requests // rounds)
            before = cpu_seconds(proxy)
            relayed += await first_bytes(proxy.url, requests // rounds)
            spent += cpu_seconds(proxy) - before
        fake.model = Model(output_tokens=chunks // 8)
        before = cpu_seconds(proxy)
        await asyncio.gather(*(stream(proxy.url) for _ in range(8)))
        streamed = cpu_seconds(proxy) - before
    return Overhead(
        cpu_seconds_per_unary_request=spent / len(relayed),
        cpu_seconds_per_chunk=streamed / chunks,
        first_byte_added_p50_seconds=statistics.median(relayed) - statistics.median(direct),
        first_byte_added_p99_seconds=percentile(relayed, 99) - percentile(direct, 99),
    )


def percentile(values: list[float], rank: int) -> float:
    """The `rank`-th percentile, interpolated."""
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--chunks", type=int, default=40000)
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.requests, arguments.chunks))
    print(json.dumps(asdict(figures), indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
