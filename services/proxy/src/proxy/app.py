"""Puts the proxy together: relays on one port, the control app on another."""

import contextlib
import platform
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from ollama_observe import __version__
from ollama_observe.metrics import catalogue as m
from ollama_observe.metrics.build import process_registry
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.http import Control, Readiness
from ollama_observe.service.logging import event_log
from proxy.admission import Admission
from proxy.control import create_control
from proxy.inflight import Entry, InflightGauges, phases
from proxy.observer import Observer
from proxy.pool import UpstreamPool
from proxy.probe import check_ollama, loaded_contexts
from proxy.relay import Relay
from proxy.routing import Routing
from proxy.server import Server
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.workers import Workers


def create_pool(settings: ProxySettings) -> UpstreamPool:
    """Connections to the Ollama of the settings."""
    return UpstreamPool(str(settings.ollama_url), settings.connect_timeout_seconds)


def create_relay(settings: ProxySettings, ledger: Ledger, shared: Shared, index: int = 0) -> Relay:
    """The relay of one process, the `index`-th, which measures into `ledger`."""
    pool = create_pool(settings)
    log = event_log("proxy", "proxy.relay")
    observer = Observer(settings, ledger, shared, log, lambda: loaded_contexts(pool))
    admission = Admission(settings.max_requests, shared, index)
    return Relay(settings, pool, observer, admission)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that can be served: by this process, or by several."""

    control: FastAPI
    collector: LedgerCollector
    readiness: Readiness
    serving: "contextlib.AbstractAsyncContextManager[None]"
    """Relays on the socket while it is entered."""


def create_proxy(settings: ProxySettings, sock: socket.socket, arguments: Sequence[str]) -> Proxy:
    """Build a proxy around a bound socket; `arguments` are the command line, for its workers."""
    ledger = Ledger(m.PROXY)
    _say_what_runs(ledger)
    collector = LedgerCollector(
        m.PROXY, {"model": settings.model_label_limit, "user": settings.user_label_limit}
    )
    collector.include(ledger.memory)
    if settings.workers == 1:
        relay = create_relay(settings, ledger, Shared())
        serving = _serving(relay, settings, sock)

        async def entries() -> list[Entry]:
            return relay.observer.inflight.entries()
    else:
        workers = Workers(
            settings.workers,
            arguments,
            collector,
            lambda: ledger.add(m.WORKER_RESTARTS, 1),
            settings.drain_seconds,
        )
        serving = workers.serving(sock)
        entries = workers.entries
    readiness = Readiness()
    gauges = InflightGauges(ledger)

    async def refresh() -> None:
        gauges.put(phases(await entries(), settings.ollama_num_parallel))

    pool = create_pool(settings)
    registry = process_registry()
    registry.register(collector)
    control = Control(
        "proxy", readiness, registry, {"ollama": lambda: check_ollama(pool)}, refresh=refresh
    )
    app = create_control(control, entries, settings.ollama_num_parallel)
    return Proxy(app, collector, readiness, serving)


@contextlib.asynccontextmanager
async def _serving(
    relay: Relay, settings: ProxySettings, sock: socket.socket
) -> AsyncIterator[None]:
    async with Server(relay, settings).serving(sock, settings.drain_seconds):
        yield
    relay.pool.close()


def _say_what_runs(ledger: Ledger) -> None:
    ledger.put(m.BUILD_INFO, 1, (__version__, platform.python_version()))
    ledger.put(m.CONFIG_INFO, 1, (Routing.DIRECT, "false"))
