"""`make soak`: mixed faults, and afterwards nothing is left and every count is right."""

import argparse
import asyncio
import math
import random
import sys
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import uvloop

from bench import kernel
from bench.soak import departures, faults, leaks, ordinary
from bench.soak.counts import Counts, compare, counted, went_back
from bench.soak.leaks import Row
from bench.soak.restarts import Gate, restart
from bench.soak.upstream import Upstream
from bench.soak.world import World
from bench.subjects import allow_many_files, until_ready
from tests.processes import ProxyProcess, proxy_process

Scenario = Callable[[World], Awaitable[None]]

WEIGHTS: Mapping[Scenario, int] = {
    ordinary.some_requests: 40,
    ordinary.pipelined: 8,
    ordinary.slow_head: 8,
    ordinary.slow_request: 6,
    ordinary.upload: 8,
    ordinary.stalled_reader: 1,
    faults.recorded_failure: 6,
    faults.no_end_marker: 6,
    faults.reset_in_stream: 8,
    faults.reset_before_head: 6,
    faults.no_request: 2,
    faults.endless_head: 2,
    faults.stalled_upload: 2,
    departures.before_the_request: 4,
    departures.in_upload: 6,
    departures.while_waiting: 8,
    departures.in_stream: 12,
    departures.without_reading: 1,
}
PROXY_SETTINGS = {"PROXY_HEAD_TIMEOUT_SECONDS": "5", "PROXY_BODY_IDLE_SECONDS": "5"}
SCENARIO_SECONDS = 60.0
PAUSE_SECONDS = 0.2
RESTART_EVERY_SECONDS = 8.0
MOST_FAILURES = 20


class Soak:
    """One run: workers that play scenarios, a watcher that scrapes, a restart now and then."""

    def __init__(self, world: World, proxy: ProxyProcess, seconds: float) -> None:
        self.played: Counter[str] = Counter()
        self.failures: list[str] = []
        self.memory: list[int] = []
        self._world = world
        self._proxy = proxy
        self._gate = Gate()
        self._seconds = seconds
        self._ends_at = math.inf

    @property
    def _is_over(self) -> bool:
        is_late = asyncio.get_running_loop().time() >= self._ends_at
        return is_late or len(self.failures) >= MOST_FAILURES

    async def run(self, concurrency: int) -> None:
        """Work until the time is up; what has begun is played to its end."""
        self._ends_at = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(self._work())
            group.create_task(self._watch())
            group.create_task(self._restart())

    async def play(self, scenario: Scenario) -> None:
        """Play one scenario, within its time."""
        name = f"{scenario.__module__.rpartition('.')[2]}.{scenario.__name__}"
        try:
            async with asyncio.timeout(SCENARIO_SECONDS):
                await scenario(self._world)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a finding)
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.failures.append(f"{name}: {type(error).__name__}: {error} ({where.name})")
            say(self.failures[-1])
        self.played[name] += 1

    async def _work(self) -> None:
        draw = self._world.draw
        while not self._is_over:
            (scenario,) = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
            async with self._gate.together():
                await self.play(scenario)
            await asyncio.sleep(draw.uniform(0, PAUSE_SECONDS))

    async def _restart(self) -> None:
        while True:
            left = self._ends_at - asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, min(RESTART_EVERY_SECONDS, left)))
            if self._is_over:
                return
            async with self._gate.alone():
                await self.play(restart)

    async def _watch(self) -> None:
        """Scrape as Prometheus would, and look at the memory."""
        before: Counts = Counter()
        while not self._is_over:
            now = counted((await self._proxy.get("/metrics"))[1])
            if lower := went_back(before, now):
                self.failures.append(f"counters went back: {lower}")
            before = now
            self.memory.append(kernel.rss_bytes(self._proxy.child.pid))
            await asyncio.sleep(1)


def say(text: str) -> None:
    """Tell how it goes."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


async def soak(seconds: float, concurrency: int, workers: int, seed: int) -> list[Row]:
    """Run it; all that was looked at afterwards."""
    allow_many_files()
    upstream = Upstream()
    await upstream.up()
    settings = {**PROXY_SETTINGS, "PROXY_WORKERS": str(workers)}
    async with proxy_process(f"http://127.0.0.1:{upstream.port}", **settings) as proxy:
        await until_ready(proxy)
        world = World(proxy.port, upstream, random.Random(seed))
        run = Soak(world, proxy, seconds)
        say("warming up: every scenario once")
        for scenario in (*WEIGHTS, restart):
            await run.play(scenario)
        before = await leaks.settled(proxy, upstream, None)
        say(f"{seconds:g} s of {concurrency} clients, seed {seed}")
        await run.run(concurrency)
        after = await leaks.settled(proxy, upstream, before)
        found = counted((await proxy.get("/metrics"))[1])
        proxy.child.terminate()
        logged = await proxy.ended()
        code = proxy.child.returncode
    counts = compare(world.expected, found)
    requests = sum(n for key, n in world.expected.counts.items() if key[0] == "requests")
    say(f"played {sum(run.played.values())} scenarios, {requests} requests")
    return [
        *(Row(" ".join(c.key), str(c.expected), str(c.found), c.agrees) for c in counts),
        *leaks.rows(after, before),
        leaks.memory_row(run.memory),
        *log_rows(logged, requests),
        Row("exit code of the proxy", "0", str(code), code == 0),
        Row("scenarios that failed", "0", str(len(run.failures)), not run.failures),
    ]


def log_rows(logged: str, requests: int) -> list[Row]:
    """One line a request, and none that tells of a defect."""
    lines = logged.splitlines()
    ended = sum('"request_finished"' in line for line in lines)
    bad = [line for line in lines if '"level": "info"' not in line and '"level":"info"' not in line]
    said = f"{len(bad)}: {bad[0][:200]}" if bad else "0"
    return [
        Row("log lines of requests", str(requests), str(ended), ended == requests),
        Row("log lines above info", "0", said, not bad),
    ]


def table(rows: list[Row]) -> str:
    """What was looked at, a line each; what is wrong is marked."""
    width = max(len(row.title) for row in rows)
    return "\n".join(
        f"{'ok   ' if row.is_right else 'WRONG'} {row.title:{width}} {row.found}"
        + ("" if row.is_right else f", expected {row.expected}")
        for row in rows
    )


def main() -> None:
    """Run the soak; exit code 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description="Mixed faults against a real proxy process. At the end every counter must be "
        "what the generator did, and no connection, request or open file may be left.",
        allow_abbrev=False,
    )
    parser.add_argument("--seconds", type=float, default=600, help="how long (600)")
    parser.add_argument("--concurrency", type=int, default=50, help="clients at a time (50)")
    parser.add_argument("--workers", type=int, default=1, help="relay processes of the proxy (1)")
    parser.add_argument("--seed", type=int, default=0, help="what the dice begin with (0)")
    arguments = parser.parse_args()
    rows = uvloop.run(soak(**vars(arguments)))
    print(table(rows))  # noqa: T201
    wrong = sum(not row.is_right for row in rows)
    if wrong:
        raise SystemExit(f"soak: {wrong} of {len(rows)} are not as they should be")


if __name__ == "__main__":
    main()
