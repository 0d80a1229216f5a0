"""A whole drill: what is missing here, the stack and all around it, the rounds, the judgement."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from drill import judge
from drill.asking import Asker
from drill.components import Lacking, lacking, small_disk
from drill.conditions import healthy
from drill.judge import Row
from drill.keys import write_keys
from drill.play import Drill
from drill.prometheus import ANSWERS_WITHIN_SECONDS, Firing, Prometheus
from drill.running import running_stack
from drill.scenario import Component, Scenario
from drill.scenarios import MODELS, MOST_REQUESTS, chosen
from drill.watch import Watch
from drill.world import World, fake_ollama
from tests.fakes.nvml import Driver
from tests.fakes.server import ScriptedServer
from traffic.bank.loading import load_bank

REPOSITORY = Path(__file__).resolve().parents[1]

HEALTHY_SECONDS = 15.0
"""Longer than any alert waits whose condition is there."""

_ASKS_EVERY_SECONDS = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for. `only` are alerts; none of them means all."""

    only: frozenset[str] = frozenset()
    required: frozenset[Component] = frozenset()
    within_seconds: float = 90.0
    keeps: bool = False


async def drill(options: Options, say: Say) -> list[Row]:
    """Play what is asked for and can be played here; a row for each alert, and for surprises.

    Raises: DrillError, SettingsError, BankError, DriverError, ExceptionGroup of PrometheusError.
    """
    rounds = chosen(options.only)
    scenarios = [scenario for scenarios in rounds for scenario in scenarios]
    needed = frozenset(s.needs for s in scenarios if s.needs is not None)
    missing = lacking(needed)
    with contextlib.ExitStack() as held:
        folder = held.enter_context(_folder(options.keeps, say))
        disk = folder / "disk" if Component.MOUNT in needed else None
        if disk is not None and (said := held.enter_context(small_disk(disk))):
            disk, missing[Component.MOUNT] = None, said
        rows = list(judge.not_drilled(scenarios, missing, options.required))
        playable = _without(rounds, missing)
        if playable:
            rows += await _played(playable, folder, disk, options.within_seconds, say)
    return rows


def _without(rounds: Sequence[Sequence[Scenario]], missing: Lacking) -> list[tuple[Scenario, ...]]:
    left = (tuple(s for s in scenarios if s.needs not in missing) for scenarios in rounds)
    return [scenarios for scenarios in left if scenarios]


@contextlib.contextmanager
def _folder(keeps: bool, say: Say) -> Iterator[Path]:
    if keeps:
        path = Path(tempfile.mkdtemp(prefix="drill-"))
        say(f"logs and Prometheus's data stay in {path}")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        yield Path(name)


async def _played(
    rounds: Sequence[Sequence[Scenario]],
    folder: Path,
    disk: Path | None,
    within_seconds: float,
    say: Say,
) -> list[Row]:
    needed = {s.needs for scenarios in rounds for s in scenarios}
    say("starting a stack of its own")
    clock = asyncio.get_running_loop().time
    async with (
        _world(folder, disk, needed) as world,
        httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{world.stack.variables['PROMETHEUS_PORT']}",
            trust_env=False,
            timeout=ANSWERS_WITHIN_SECONDS,
        ) as http,
    ):
        prometheus = Prometheus(http)
        watch = Watch(prometheus)
        found = Drill(world, watch, within_seconds, say)
        async with watch.watching():
            # with windows so short a proxy that was not scraped yet is missed at once
            await _scraped(prometheus, within_seconds)
            await watch.quiet(within_seconds)
            began, unix_began = clock(), datetime.now(UTC).timestamp()
            say(f"healthy traffic for {HEALTHY_SECONDS:g} s: nothing may fire")
            await found.rest(healthy(MODELS), HEALTHY_SECONDS)
            await found.play(rounds)
        fired = await prometheus.fired(clock() - began)
        say("stopping the stack")
    by_our_clock = [replace(one, began=one.began + began - unix_began) for one in fired]
    return _judged(found, [one for one in by_our_clock if one.began >= began])


async def _scraped(prometheus: Prometheus, within_seconds: float) -> None:
    """Wait until the proxy was scraped; without it the drill goes on, and shows what is missed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_seconds):
            while not await prometheus.knows('up{job="proxy"} == 1'):  # noqa: ASYNC110 (it is asked)
                await asyncio.sleep(_ASKS_EVERY_SECONDS)


def _judged(found: Drill, fired: Sequence[Firing]) -> list[Row]:
    rows = [row for record in found.records for row in judge.rows_of(record)]
    rows += judge.unprovoked(found.records, fired)
    rows += judge.restless(found.restless, rows)
    return rows


@contextlib.asynccontextmanager
async def _world(
    folder: Path, disk: Path | None, needed: set[Component | None]
) -> AsyncIterator[World]:
    keys, key_file = write_keys(folder)
    variables = {
        "PROXY_API_KEYS_FILE": str(keys),
        "PROXY_MODEL_LABEL_LIMIT": str(len(MODELS)),
        "PROXY_MAX_REQUESTS": str(MOST_REQUESTS),
    }
    driver = None
    if Component.COMPILER in needed:
        driver = Driver(folder)
        driver.build()
        variables |= driver.environment
    # the machine's own cards and disks are not ours to judge
    variables["GPU_EXPORTER_BACKEND"] = "nvml" if driver else "none"
    if disk is None:
        variables["GPU_EXPORTER_WITHOUT"] = "host_filesystem"
    else:
        variables["GPU_EXPORTER_MODELS_DIR"] = str(disk)
    fake = fake_ollama(MODELS)
    async with (
        ScriptedServer(fake) as server,
        running_stack(
            folder / "state", server.url, Component.GATEWAY in needed, variables
        ) as stack,
    ):
        assert fake.memory is not None
        bank = load_bank(REPOSITORY / "questions")
        asker = Asker(stack.url, bank, key_file)
        yield World(fake, fake.memory, server, stack, asker, keys, driver, disk)
