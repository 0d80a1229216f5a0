"""A run from the first look at the server to the last answer: by one process, or by several."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from rich.console import Console

from traffic.lines import printable
from traffic.plan.plan import Plan
from traffic.refusals import say
from traffic.request.attempt import Attempt
from traffic.request.client import Client, open_http
from traffic.results.drops import Drop
from traffic.results.totals import IsGood, Totals
from traffic.run.keeping import keeper_of
from traffic.run.runner import play
from traffic.run.selfcheck import SelfCheck, Watch, merged
from traffic.run.stopping import Stop
from traffic.run.view import View
from traffic.settings import TrafficSettings
from traffic.sharding.crew import Crew
from traffic.target import server
from traffic.target.check import check


@dataclass(slots=True)
class Played:
    """What became of a run. `started` is what the attempts' clock showed at `started_at`.

    `past` counts the requests that are not kept, of a run without end. `lost` says of each process
    that died how it did; `stopped_by` is an exit code.
    """

    started: float
    started_at: datetime
    server: dict[str, str] = field(default_factory=dict)
    attempts: Sequence[Attempt] = ()
    drops: Sequence[Drop] = ()
    past: Totals | None = None
    seconds: float = 0.0
    check: SelfCheck | None = None
    lost: tuple[str, ...] = ()
    stopped_by: int | None = None


async def played(
    settings: TrafficSettings, plan: Plan, status: Console, is_good: IsGood | None = None
) -> Played:
    """Play a plan, shown on `status`. A signal ends it early, with what was done until then.

    `is_good` is asked of the answers that are counted and not kept.
    Raises: TargetError, RefusedError where nothing can be asked.
    """
    found = Played(time.perf_counter(), datetime.now(UTC))
    with Stop() as stop:
        try:
            async with open_http(settings) as http:
                await _look(http, settings, plan, found, status)
                view = View(status, plan, keeper=keeper_of(plan, is_good))
                await _show(http, settings, plan, found, view)
        except asyncio.CancelledError:
            if stop.code is None:
                raise
        found.stopped_by = stop.code
    return found


async def _look(
    http: aiohttp.ClientSession,
    settings: TrafficSettings,
    plan: Plan,
    found: Played,
    status: Console,
) -> None:
    look = await check(http, settings, plan.models)
    if look.warning:
        say(status, look.warning)
    asked = f"asking {', '.join(plan.models)} at {settings.target_url}"
    status.out(printable(asked), highlight=False)
    found.server = await server.facts(http, settings, look.models, plan.models)


async def _show(
    http: aiohttp.ClientSession,
    settings: TrafficSettings,
    plan: Plan,
    found: Played,
    view: View,
) -> None:
    found.attempts, found.drops = view.keeper.attempts, view.keeper.drops
    found.started, found.started_at = time.perf_counter(), datetime.now(UTC)
    try:
        with view:
            if settings.workers == 1:
                await _alone(http, settings, plan, found, view)
            else:
                await _shared(settings, plan, found, view)
    finally:
        found.seconds = time.perf_counter() - found.started
        found.past = view.keeper.past


async def _alone(
    http: aiohttp.ClientSession, settings: TrafficSettings, plan: Plan, found: Played, view: View
) -> None:
    watch = Watch()
    try:
        async with watch:
            await play(plan, Client(http, settings), settings, view)
    finally:
        found.check = watch.check(found.attempts, has_schedule=settings.is_scheduled)


async def _shared(settings: TrafficSettings, plan: Plan, found: Played, view: View) -> None:
    crew = Crew(settings, plan, view)
    try:
        await crew.play()
    finally:
        found.check = merged(crew.checks) if crew.checks else None
        found.lost = tuple(crew.lost)
