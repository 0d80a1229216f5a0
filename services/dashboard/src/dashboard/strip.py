"""Whether it is all right: asks every part, makes one strip of what they say, for all viewers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import httpx2

from dashboard.alerts import Firing, alerts
from dashboard.facts import EXPRESSION, Facts, facts_of
from dashboard.health import Health, ask_health, ask_ready, together
from dashboard.messages import Alert, Strip
from dashboard.models import Models, ask_models
from dashboard.objectives import objectives
from dashboard.parts import Standings, Told, findings
from dashboard.replicas import Replicas
from dashboard.runbook import PATH as RUNBOOK_PATH
from dashboard.settings import DashboardSettings

T = TypeVar("T")

MODELS_EVERY_SECONDS = 30.0
WITHIN_SECONDS = 4.0
"""A Prometheus that takes longer is shown to be away: the parts are not to wait for it."""


class Prometheus(Models, Protocol):
    """Who is asked. All give None where no answer came: the part Prometheus says why."""

    async def instant(self, expr: str, /) -> Sequence[tuple[Mapping[str, str], float]] | None:
        """What an expression is now: labels and value of each series."""

    async def alerts(self) -> Sequence[Firing] | None:
        """The alerts that fire, or are about to."""


class Strips:
    """Makes a strip every few seconds. `clock` is Unix time, in seconds."""

    def __init__(
        self,
        settings: DashboardSettings,
        http: httpx2.AsyncClient,
        prometheus: Prometheus,
        show: Callable[[Strip], None],
        clock: Callable[[], float],
        proxies: Replicas | None = None,
        workers: Replicas | None = None,
    ) -> None:
        self._settings = settings
        self._proxies = proxies or Replicas(settings.proxy_url)
        self._workers = workers or Replicas(settings.traffic_url)
        self._http = http
        self._prometheus = prometheus
        self._show = show
        self._clock = clock
        self._standings = Standings()
        self._models: list[str] = []
        self._models_at: float | None = None
        self._newest: float | None = None
        self._is_demo = False

    async def follow(self) -> None:
        """Show one after the other, without end."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            self._show(await self.make())
            left = begun + self._settings.strip_interval_seconds - loop.time()
            await asyncio.sleep(max(0.0, left))

    async def make(self) -> Strip:
        """One strip, by asking all at once."""
        told, (facts, firing) = await asyncio.gather(self._ask_parts(), self._ask_prometheus())
        proxy, exporter, traffic, prometheus = told
        now = self._clock()
        if facts is not None:
            # what is looked for in the past is found by the half minute alone
            seen = (facts.newest, self._newest)
            self._newest = max((one for one in seen if one is not None), default=None)
            self._is_demo = facts.is_demo
        found = findings(
            Told(
                proxy=proxy,
                exporter=exporter,
                traffic=traffic,
                prometheus=prometheus,
                newest=self._newest,
                ollama_up=facts.ollama_up if facts else None,
                scrape_seconds=self._settings.scrape_interval_seconds,
            ),
            now,
        )
        return Strip(
            at=now,
            parts=self._standings.parts(found, now),
            objectives=objectives(self._settings, facts.missed if facts else {}),
            alerts=firing,
            models=self._models,
            is_demo=self._is_demo,
            newest=self._newest,
        )

    async def _ask_parts(
        self,
    ) -> tuple[Health | str, Health | str | None, Health | str | None, str | None]:
        told = self._settings
        return await asyncio.gather(
            self._ask_proxies(),
            self._ask(told.gpu_exporter_url),
            self._ask_worker(),
            self._ask_ready(),
        )

    async def _ask_proxies(self) -> Health | str:
        urls = await self._proxies.now()
        return together(await asyncio.gather(*(ask_health(self._http, url) for url in urls)))

    async def _ask_worker(self) -> Health | str | None:
        """Among containers its address is always told, and its name is there if it is."""
        url = self._settings.traffic_url
        if not url:
            return None
        await self._workers.now()
        return await ask_health(self._http, url) if self._workers.is_named else None

    async def _ask(self, url: str) -> Health | str | None:
        return await ask_health(self._http, url) if url else None

    async def _ask_ready(self) -> str | None:
        url = self._settings.prometheus_url
        return (await ask_ready(self._http, url) or "") if url else None

    async def _ask_prometheus(self) -> tuple[Facts | None, list[Alert] | None]:
        if not self._settings.prometheus_url:
            return None, None
        samples, firing, _ = await asyncio.gather(
            _in_time(lambda: self._prometheus.instant(EXPRESSION)),
            _in_time(self._prometheus.alerts),
            self._ask_models(),
        )
        return (
            None if samples is None else facts_of(samples),
            None if firing is None else alerts(firing, runbook_of(self._settings)),
        )

    async def _ask_models(self) -> None:
        now = self._clock()
        if self._models_at is not None and now - self._models_at < MODELS_EVERY_SECONDS:
            return
        found = await _in_time(lambda: ask_models(self._prometheus, now))
        if found is not None:
            self._models, self._models_at = found, now


def runbook_of(settings: DashboardSettings) -> str:
    """What the name of a section is added to, for its address; empty where there is no runbook."""
    if settings.runbook_url:
        return f"{settings.runbook_url}#"
    return f"{RUNBOOK_PATH}/" if settings.runbook_file else ""


async def _in_time(ask: Callable[[], Awaitable[T | None]]) -> T | None:
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await ask()
    except TimeoutError:
        return None
