"""The dashboard as one app: the page's files, its socket, and the control endpoints."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from dashboard.books import Books
from dashboard.exporter import ConfigurationFeed
from dashboard.headers import READING, ReadOnly
from dashboard.hub import Hub
from dashboard.kept import kept
from dashboard.link import look_for_pages
from dashboard.messages import VERSION, Hello
from dashboard.pages import Pages
from dashboard.panels.model import Group, Panel
from dashboard.proxies import ProxyFeeds
from dashboard.replicas import Replicas
from dashboard.runbook import PATH as RUNBOOK_PATH
from dashboard.runbook import Runbook
from dashboard.settings import DashboardSettings
from dashboard.shown import Shown
from dashboard.socket import PATH, Door, Sockets, Views
from dashboard.strip import Prometheus, Strips
from dashboard.views import POINTS, RANGES
from ollama_observe import __version__
from ollama_observe.service.addresses import without_credentials
from ollama_observe.service.guard import host_of
from ollama_observe.service.http import Control, Readiness, add_control_routes
from ollama_observe.service.tasks import spawn

SERVICE = "dashboard"
"""Also the name of its container."""

STATIC = Path(__file__).parent / "static"
_LEFT_SECONDS = 1.0
"""How long the end waits for viewers to hear of it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where what is shown comes from. `keeping` is entered while the dashboard runs.

    `clock` is Unix time, in seconds.
    """

    groups: Sequence[Group]
    panels: Sequence[Panel]
    views: Views
    prometheus: Prometheus
    http: httpx2.AsyncClient
    keeping: AbstractAsyncContextManager[object]
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard that asks nobody yet; it does while `running` is entered."""

    app: ASGIApp
    readiness: Readiness
    hub: Hub
    live: ProxyFeeds
    strips: Strips
    configuration: ConfigurationFeed
    sources: Sources
    greet: Callable[[], Awaitable[None]]
    """Tells of Prometheus's pages when it is known that there are any."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask and show while the block runs; then send the viewers away at once."""
        async with self.sources.http, self.sources.keeping:
            work = (
                kept(self.live.follow, "follow the proxy", self.live.failed),
                kept(self.strips.follow, "make strips"),
                kept(self.configuration.follow, "ask the exporter", self.configuration.failed),
                kept(self.hub.repeat, "repeat strips"),
                kept(self.greet, "look for Prometheus's pages"),
            )
            following = [spawn(one, name="keep what is shown") for one in work]
            try:
                yield
            finally:
                for task in following:
                    task.cancel()
                await asyncio.wait(following)
                self.hub.close()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.hub.empty.wait(), _LEFT_SECONDS)


def create_dashboard(
    settings: DashboardSettings,
    sources: Sources,
    registry: CollectorRegistry,
    books: Books,
    static: Path = STATIC,
) -> Dashboard:
    """Put the dashboard together."""
    hub = Hub(settings.most_viewers, books)
    shown = Shown(hub, books)
    http, clock = sources.http, sources.clock
    proxies = Replicas(settings.proxy_url)
    live = ProxyFeeds(http, proxies, shown.show_live, clock)
    strips = Strips(settings, http, sources.prometheus, shown.show_strip, clock, proxies)
    url, every_seconds = settings.gpu_exporter_url, settings.strip_interval_seconds
    models = ConfigurationFeed(http, url, hub.show_configuration, clock, every_seconds)
    readiness = Readiness()
    checks = {"live": shown.check_live, "prometheus": shown.check_prometheus}
    control = Control(SERVICE, readiness, registry, checks)
    door = Door(names_of(settings), settings.origins)
    hub.greet(hello_of(settings, sources, settings.prometheus_link))
    app = FastAPI(
        title=SERVICE, version=__version__, docs_url=None, redoc_url=None, openapi_url=None
    )
    add_control_routes(app, control)
    app.add_api_websocket_route(PATH, Sockets(hub, sources.views, door, books).serve)
    if settings.runbook_file is not None:
        _add_runbook(app, Runbook(settings.runbook_file))
    _add_pages(app, Pages(static))
    greet = partial(_greet, hub, settings, sources)
    served = ReadOnly(app, door.names)
    return Dashboard(served, readiness, hub, live, strips, models, sources, greet)


async def _greet(hub: Hub, settings: DashboardSettings, sources: Sources) -> None:
    """Link to Prometheus where it has pages. Who was told a link is asked for none."""
    if settings.prometheus_link or not settings.prometheus_url:
        return
    link = without_credentials(settings.prometheus_url)

    def found() -> None:
        hub.greet(hello_of(settings, sources, link))

    await look_for_pages(sources.http, settings.prometheus_url, found)


def names_of(settings: DashboardSettings) -> frozenset[str]:
    """The names that this dashboard answers to, beside the loopback's and addresses."""
    own = socket.gethostname().lower()
    allowed = {host_of(origin) for origin in settings.origins}
    return frozenset({SERVICE, settings.host.lower(), own, f"{own}.local", *allowed})


def hello_of(settings: DashboardSettings, sources: Sources, link: str) -> Hello:
    """What every page is told first. `link` is where a browser finds Prometheus's pages."""
    return Hello(
        version=VERSION,
        release=__version__,
        groups=tuple(sources.groups),
        panels=tuple(sources.panels),
        ranges=RANGES,
        points=POINTS,
        runbook_url=settings.runbook_url,
        prometheus_url=link,
        scrape_seconds=settings.scrape_interval_seconds,
    )


def _add_runbook(app: FastAPI, runbook: Runbook) -> None:
    async def section(name: str) -> Response:
        text = await asyncio.to_thread(runbook.section, name)
        if text is None:
            return PlainTextResponse("the runbook has no such section\n", 404)
        return PlainTextResponse(text)

    async def whole() -> Response:
        text = await asyncio.to_thread(runbook.whole)
        if text is None:
            return PlainTextResponse("the runbook cannot be read\n", 404)
        return PlainTextResponse(text)

    app.add_api_route(RUNBOOK_PATH, whole, methods=list(READING))
    app.add_api_route(f"{RUNBOOK_PATH}/{{name}}", section, methods=list(READING))


def _add_pages(app: FastAPI, pages: Pages) -> None:
    async def page(request: Request, path: str) -> Response:
        file = await asyncio.to_thread(pages.find, f"/{path}")
        if file is None:
            return PlainTextResponse("there is no such page\n", 404)
        sent = file.sent(request.headers.get("accept-encoding", ""))
        if sent.headers["etag"] in request.headers.get("if-none-match", ""):
            kept_by_browser = ("cache-control", "etag", "vary")
            headers = {name: sent.headers[name] for name in kept_by_browser if name in sent.headers}
            return Response(status_code=304, headers=headers)
        return Response(sent.body, headers=sent.headers)

    app.add_api_route("/{path:path}", page, methods=list(READING))
