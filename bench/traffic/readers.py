"""Thin readers of the same stream by the clients that the generator could have been built on.

`python -m bench.traffic.readers`: one of them plays the generator's schedule of chats against a
port, and prints what it saw and took, as the generator does. A reader notes an instant for each
piece and does nothing else with it.
"""

import argparse
import asyncio
import http.client
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import httpx2
import uvloop

from bench.traffic.pieces import Seen

WARM_UPS = 1
PATH = "/api/chat"
HEADERS = {"Content-Type": "application/json"}
BODY = json.dumps(
    {
        "model": "smollm2:135m",
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
        "stream": True,
    }
).encode()
READ_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Schedule:
    """So many requests to a port, at so many a second."""

    port: int
    requests: int
    requests_per_second: float

    @property
    def url(self) -> str:
        """Where each goes."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    def left(self, begun: float, number: int) -> float:
        """The time until a request is due."""
        return max(0.0, begun + number / self.requests_per_second - time.perf_counter())


@dataclass(frozen=True, slots=True)
class Played:
    """All answers, and the CPU that they took."""

    seen: list[Seen]
    cpu_seconds: float


Read = Callable[[Seen], Awaitable[None]]
Opened = Callable[[str], AbstractAsyncContextManager[Read]]
Loop = Callable[[Coroutine[Any, Any, Played]], Played]


@asynccontextmanager
async def _aiohttp(url: str) -> AsyncIterator[Read]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    ) as session:

        async def read(seen: Seen) -> None:
            async with session.post(url, data=BODY, headers=HEADERS) as response:
                async for data in response.content.iter_any():
                    seen.take(data)

        yield read


@asynccontextmanager
async def _httpx2(url: str) -> AsyncIterator[Read]:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(timeout=None, limits=limits, trust_env=False) as client:

        async def read(seen: Seen) -> None:
            async with client.stream("POST", url, content=BODY, headers=HEADERS) as response:
                async for data in response.aiter_raw():
                    seen.take(data)

        yield read


async def _play(opened: Opened, schedule: Schedule) -> Played:
    async with opened(schedule.url) as read:

        async def ask(seen: Seen) -> None:
            seen.sent = time.perf_counter()
            await read(seen)

        for _ in range(WARM_UPS):
            await ask(Seen())
        all_seen = [Seen() for _ in range(schedule.requests)]
        cpu_seconds, begun = time.process_time(), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, seen in enumerate(all_seen):
                await asyncio.sleep(schedule.left(begun, number))
                group.create_task(ask(seen))
        return Played(all_seen, time.process_time() - cpu_seconds)


def _on(loop: Loop, opened: Opened, schedule: Schedule) -> Played:
    return loop(_play(opened, schedule))


class _Own(threading.local):
    """The connection of each thread."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)


def _in_threads(schedule: Schedule) -> Played:
    own = _Own(schedule.port)

    def ask(seen: Seen) -> None:
        seen.sent = time.perf_counter()
        own.connection.request("POST", PATH, BODY, HEADERS)
        with own.connection.getresponse() as response:
            while data := response.read1(READ_BYTES):
                seen.take(data)

    with ThreadPoolExecutor(schedule.requests) as threads:
        for _ in range(WARM_UPS):
            threads.submit(ask, Seen()).result()
        all_seen = [Seen() for _ in range(schedule.requests)]
        cpu_seconds, begun = time.process_time(), time.perf_counter()
        under_way = []
        for number, seen in enumerate(all_seen):
            time.sleep(schedule.left(begun, number))
            under_way.append(threads.submit(ask, seen))
        for one in under_way:
            one.result()
        return Played(all_seen, time.process_time() - cpu_seconds)


READERS: dict[str, Callable[[Schedule], Played]] = {
    "httpx2": partial(_on, asyncio.run, _httpx2),
    "httpx2 on uvloop": partial(_on, uvloop.run, _httpx2),
    "aiohttp": partial(_on, asyncio.run, _aiohttp),
    "aiohttp on uvloop": partial(_on, uvloop.run, _aiohttp),
    "http.client in threads": _in_threads,
}
CHOSEN = "aiohttp on uvloop"
"""What the generator is built on."""


def main() -> None:
    """Play, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.traffic.readers", allow_abbrev=False)
    parser.add_argument("--reader", choices=READERS, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--requests-per-second", type=float, required=True)
    told = parser.parse_args()
    schedule = Schedule(told.port, told.requests, told.requests_per_second)
    played = READERS[told.reader](schedule)
    requests = [seen.facts() for seen in played.seen]
    json.dump({"cpu_seconds": played.cpu_seconds, "requests": requests}, sys.stdout)


if __name__ == "__main__":
    main()
