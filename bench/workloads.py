"""The workloads. Each takes one sample of one subject: measured name to value.

A sample's names say their units. Without a process there is no CPU and no memory in it.
"""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench import exchanges, kernel
from bench.load import Caller, Received, Stream, Upload, connect
from bench.percentiles import percentile
from bench.subjects import Subject

Sample = dict[str, float]
Take = Callable[[Subject], Awaitable[Sample]]

SETTLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Workload:
    """A named way to take a sample; `prepare` is the same in small, to warm the subject up.

    `suits_gateway` says that what a gateway adds is measured by it as well, `cached` which
    subjects with an answer cache are.
    """

    name: str
    title: str
    take: Take
    prepare: Take
    suits_gateway: bool = False
    cached: tuple[str, ...] = ()


def unary(connections: int, requests: int) -> Take:
    """Unary chats, one after the other on each connection; `requests` on all together."""

    async def take(subject: Subject) -> Sample:
        began_at = time.perf_counter()
        before = _cpu_seconds(subject)
        each = requests // connections
        callers = [await connect(subject.port, Caller(each)) for _ in range(connections)]
        await asyncio.gather(*(caller.done for caller in callers))
        seconds = time.perf_counter() - began_at
        waits = [wait for caller in callers for wait in caller.waits]
        return {
            **_cpu_per("request", subject, before, len(waits)),
            "requests_per_second": len(waits) / seconds,
            "first_byte_p50_seconds": percentile(waits, 50),
            "first_byte_p99_seconds": percentile(waits, 99),
        }

    return take


def streams(count: int, rate_per_second: float, seconds: float, ramp_seconds: float = 1.0) -> Take:
    """So many streams at once, counted in a window in which all of them run."""

    async def take(subject: Subject) -> Sample:
        length = ramp_seconds + SETTLE_SECONDS + seconds
        request = exchanges.stream_request(math.ceil(rate_per_second * length), rate_per_second)
        received = Received()
        _forget_peak(subject)
        readers = []
        begun_at = asyncio.get_running_loop().time()
        for number in range(count):  # one after the other, so that their chunks are spread
            await _until(begun_at + ramp_seconds * number / count)
            readers.append(await connect(subject.port, Stream(request, received)))
        await _until(begun_at + ramp_seconds + SETTLE_SECONDS)
        sample = await _window(subject, received, seconds)
        sample["pace_ratio"] = sample["chunks_per_second"] / (count * rate_per_second)
        await asyncio.gather(*(reader.done for reader in readers))
        sample["lateness_p99_seconds"] = (await _lateness(subject))["p99_seconds"]
        if subject.root is not None:
            sample["peak_rss_bytes"] = kernel.peak_rss_bytes(subject.root)
        return sample

    return take


async def _until(instant: float) -> None:
    await asyncio.sleep(max(0.0, instant - asyncio.get_running_loop().time()))


async def _window(subject: Subject, received: Received, seconds: float) -> Sample:
    received.delays_seconds.clear()
    began_at, records, before = time.perf_counter(), received.records, _cpu_seconds(subject)
    await asyncio.sleep(seconds)
    chunks = received.records - records
    sample = _cpu_per("chunk", subject, before, chunks)
    sample["chunks_per_second"] = chunks / (time.perf_counter() - began_at)
    sample["chunk_delay_p50_seconds"] = percentile(received.delays_seconds, 50)
    sample["chunk_delay_p99_seconds"] = percentile(received.delays_seconds, 99)
    if subject.root is not None:
        sample["rss_bytes"] = kernel.rss_bytes(subject.root)
    return sample


def upload(size_bytes: int) -> Take:
    """One blob with its length told, as fast as it is taken."""

    async def take(subject: Subject) -> Sample:
        _forget_peak(subject)
        at_first = kernel.rss_bytes(subject.root) if subject.root is not None else 0
        before = _cpu_seconds(subject)
        client = await connect(subject.port, Upload(size_bytes))
        await client.done
        sample = _cpu_per("gigabyte", subject, before, size_bytes / 1e9)
        sample["bytes_per_second"] = size_bytes / client.seconds
        if subject.root is not None:
            sample["rss_growth_bytes"] = kernel.peak_rss_bytes(subject.root) - at_first
        return sample

    return take


def _cpu_seconds(subject: Subject) -> Sample:
    """CPU time so far, the gateway's apart."""
    roots = {"cpu_seconds": subject.root, "gateway_cpu_seconds": subject.gateway}
    return {name: kernel.cpu_seconds(root) for name, root in roots.items() if root is not None}


def _cpu_per(what: str, subject: Subject, before: Sample, count: float) -> Sample:
    now = _cpu_seconds(subject)
    return {f"{name}_per_{what}": (now[name] - before[name]) / count for name in now}


def _forget_peak(subject: Subject) -> None:
    if subject.root is not None:
        kernel.forget_peak(subject.root)


async def _lateness(subject: Subject) -> dict[str, float]:
    """How late the upstream's chunks were since it was last asked."""
    reader, writer = await asyncio.open_connection("127.0.0.1", subject.upstream_port)
    writer.write(b"GET /lateness HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(head.rpartition(b":")[2]))
    writer.close()
    found: dict[str, float] = json.loads(body)
    return found
