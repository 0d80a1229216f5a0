"""A dashboard that serves over real sockets what a test says, and pages that look at it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from dashboard.alerts import Firing
from dashboard.app import STATIC, Dashboard, Sources, create_dashboard
from dashboard.books import Books
from dashboard.messages import Look
from dashboard.settings import DashboardSettings
from dashboard.viewer import Viewer
from dashboard.views import View
from ollama_observe.service.lifecycle import Listener, listening
from tests.clock import Clock
from tests.loopback import http_client

NOBODY = "http://127.0.0.1:1"
CEILING_SECONDS = 10.0
NOW = 2_000_000_000
"""Before this any zoom begins."""


@dataclass
class FakeViews:
    """Who knows what views show, as the test says. `broken` is a defect."""

    looks: dict[Viewer, Look] = field(default_factory=dict)
    left: list[Viewer] = field(default_factory=list)
    broken: bool = False
    watched: int = 0
    """How often a view was asked for."""

    def watch(self, viewer: Viewer, look: Look) -> tuple[str, str]:
        self.watched += 1
        if self.broken:
            raise RuntimeError("a defect")
        view = look.view.checked(NOW)
        self.looks[viewer] = look
        return view.key, view.tiles.key

    def leave(self, viewer: Viewer) -> None:
        self.looks.pop(viewer, None)
        self.left.append(viewer)


@dataclass
class FakePrometheus:
    """A Prometheus that answers what a test says; None: it does not."""

    facts: dict[str, float] | None = field(default_factory=dict)
    firing: list[Firing] | None = field(default_factory=list)
    exprs: list[str] = field(default_factory=list)
    models: list[str] | None = None

    async def instant(self, expr: str) -> Sequence[tuple[Mapping[str, str], float]] | None:
        self.exprs.append(expr)
        facts = self.facts
        return None if facts is None else [({"fact": name}, facts[name]) for name in facts]

    async def alerts(self) -> Sequence[Firing] | None:
        return self.firing

    async def values(self, label: str, series: str, start: float) -> Sequence[str] | None:
        return self.models


@dataclass
class RunningDashboard:
    """Where a dashboard answers, and what it is made of."""

    port: int
    dashboard: Dashboard
    views: FakeViews
    registry: CollectorRegistry

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@contextlib.asynccontextmanager
async def running_dashboard(
    prometheus: FakePrometheus | None = None, static: Path = STATIC, **told: Any
) -> AsyncIterator[RunningDashboard]:
    """Serve while the block runs, by default where nobody else is there."""
    urls = {"proxy_url": NOBODY, "gpu_exporter_url": "", "prometheus_url": ""}
    settings = DashboardSettings(**(urls | told))
    registry, views = CollectorRegistry(), FakeViews()
    sources = Sources(
        groups=(),
        panels=(),
        views=views,
        prometheus=prometheus or FakePrometheus(),
        http=http_client(),
        keeping=contextlib.AsyncExitStack(),
        clock=Clock(1000.0),
    )
    dashboard = create_dashboard(settings, sources, registry, Books(registry), static)
    listener = Listener("page", dashboard.app, "127.0.0.1", 0, has_websockets=True)
    async with listening(listener) as port, dashboard.running():
        dashboard.readiness.open()
        yield RunningDashboard(port, dashboard, views, registry)


def page(running: RunningDashboard, origin: str | None = None, **more: Any) -> connect:
    """A page of the dashboard, or of another origin, that opens its socket."""
    return page_at(running.port, origin, **more)


def page_at(port: int, origin: str | None = None, **more: Any) -> connect:
    """Likewise, of one that is known by its port."""
    own = Origin(origin or f"http://127.0.0.1:{port}")
    return connect(f"ws://127.0.0.1:{port}/ws", origin=own, proxy=None, **more)


async def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind; others are passed over."""
    (message,) = await heard_all(socket, kind)
    return message


async def heard_all(socket: ClientConnection, *kinds: str) -> list[dict[str, Any]]:
    """The next message of each kind, in whatever order they come."""
    found: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(CEILING_SECONDS):
        while not found.keys() >= set(kinds):
            message = msgspec.json.decode(await socket.recv())
            found.setdefault(message["type"], message)
    return [found[kind] for kind in kinds]


def look(**view: Any) -> bytes:
    """What a page sends to see a view."""
    return look_at("p", **view)


def look_at(*panels: str, **view: Any) -> bytes:
    """Likewise, with these panels."""
    return msgspec.json.encode(Look(View(**view), panels))
