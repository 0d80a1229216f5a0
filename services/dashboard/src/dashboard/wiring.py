"""Puts the dashboard together with a real Prometheus, a real clock, and the panels."""

from datetime import UTC, datetime

import httpx2

from dashboard.app import Dashboard, Sources, create_dashboard
from dashboard.books import Books
from dashboard.hub import encode
from dashboard.panels import GROUPS, PANELS
from dashboard.poller import Poller
from dashboard.promql import Prometheus
from dashboard.rounds import Rounds
from dashboard.settings import DashboardSettings
from ollama_observe.metrics.build import process_registry


def unix_time() -> float:
    """Now, in seconds."""
    return datetime.now(UTC).timestamp()


def dashboard_of(settings: DashboardSettings) -> Dashboard:
    """A dashboard that asks where its settings say."""
    registry = process_registry()
    books = Books(registry)
    http = httpx2.AsyncClient(trust_env=False)
    prometheus = Prometheus(
        http, settings.prometheus_url, settings.prometheus_timeout_seconds, books
    )
    rounds = Rounds(PANELS, prometheus, settings, unix_time)
    poller = Poller(PANELS, rounds, settings, books, encode, unix_time)
    sources = Sources(GROUPS, PANELS, poller, prometheus, http, poller.running(), unix_time)
    return create_dashboard(settings, sources, registry, books)
