"""Puts the proxy together: relays on one port, the control app on another."""

import contextlib
import platform
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from ollama_observe import __version__
from ollama_observe.metrics import catalogue
from ollama_observe.metrics.build import process_registry
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.http import Check, Control, Readiness
from proxy.backlog import let_nobody_in
from proxy.booking_portkey import begin_portkey
from proxy.cache.making import create_cache_control
from proxy.cache.plan import plan_of
from proxy.control import Tables, create_control
from proxy.doors import create_doors, create_pool, gateway_pool
from proxy.finished import Table
from proxy.gateway_watch import GatewayWatch
from proxy.inflight import InflightGauges, phases
from proxy.lookup import Lookup
from proxy.portkey_config import PortkeyConfig
from proxy.probe import check_ollama
from proxy.routing import WAYS, Routing
from proxy.settings import ProxySettings
from proxy.shared import GatewayState, Shared
from proxy.sockets import Sockets
from proxy.workers import Workers


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that can be served: by this process, or by several."""

    control: FastAPI
    collector: LedgerCollector
    readiness: Readiness
    serving: "contextlib.AbstractAsyncContextManager[None]"
    """Relays on the socket while it is entered."""


def create_proxy(
    settings: ProxySettings,
    sockets: Sockets,
    arguments: Sequence[str],
    config: PortkeyConfig | None = None,
) -> Proxy:
    """Build a proxy around bound sockets; `arguments` are the command line, for its workers.

    `config` is what the gateway is told, if anything.
    Raises: ValueError, OSError for settings that make no sense together.
    """
    ledger, shared = Ledger(catalogue.PROXY), Shared()
    ledger.put(m.BUILD_INFO, 1, (__version__, platform.python_version()))
    _say_default(ledger, settings, Routing.DIRECT)
    collector = LedgerCollector(
        catalogue.PROXY, {"model": settings.model_label_limit, "user": settings.user_label_limit}
    )
    collector.include(ledger.memory)
    relays = (
        _in_this_process(settings, sockets, config, ledger, shared)
        if settings.workers == 1
        else _in_workers(settings, sockets, arguments, ledger, shared, collector)
    )
    serving = _both(relays.serving, _letting_in(sockets.front))
    readiness = Readiness()
    gauges = InflightGauges(ledger)

    async def refresh() -> None:
        entries = (one for table in await relays.tables() for one in table.requests)
        gauges.put(phases(entries, settings.ollama_num_parallel))

    pool = create_pool(settings)
    registry = process_registry()
    registry.register(collector)
    checks: dict[str, Callable[[], Awaitable[Check | None]]] = {
        "ollama": lambda: check_ollama(pool)
    }
    if settings.enable_portkey:
        watch = create_watch(settings, shared.gateway, ledger)
        checks["portkey"] = watch.check
        serving = _both(watch.watching(), serving)
    control = Control("proxy", readiness, registry, checks, refresh=refresh)
    plan = plan_of(settings, config)
    cache = None if plan is None else create_cache_control(settings, plan, shared, relays.empty)
    app = create_control(control, relays.tables, settings.ollama_num_parallel, cache)
    return Proxy(app, collector, readiness, serving)


@dataclass(frozen=True, slots=True)
class _Relays:
    """What relays: while `serving` is entered; `tables` tells what is in flight.

    `empty` empties this process's own answer cache, where it has one.
    """

    serving: "contextlib.AbstractAsyncContextManager[None]"
    tables: Tables
    empty: Callable[[], Awaitable[int]] | None = None


def _in_this_process(
    settings: ProxySettings,
    sockets: Sockets,
    config: PortkeyConfig | None,
    ledger: Ledger,
    shared: Shared,
) -> _Relays:
    leg = sockets.returns[0] if sockets.returns else None
    port = leg.getsockname()[1] if leg else None
    doors = create_doors(settings, ledger, shared, config, return_port=port)

    async def tables() -> list[Table]:
        return [doors.observer.table()]

    empty = None if doors.cache is None else doors.cache.cache.empty
    return _Relays(doors.serving(settings, sockets.front, leg), tables, empty)


def _in_workers(
    settings: ProxySettings,
    sockets: Sockets,
    arguments: Sequence[str],
    ledger: Ledger,
    shared: Shared,
    collector: LedgerCollector,
) -> _Relays:
    workers = Workers(
        settings.workers,
        arguments,
        shared,
        collector,
        lambda: ledger.add(m.WORKER_RESTARTS, 1),
        settings.drain_seconds,
    )
    return _Relays(workers.serving(sockets), workers.tables)


@contextlib.asynccontextmanager
async def _both(
    outer: contextlib.AbstractAsyncContextManager[None],
    inner: contextlib.AbstractAsyncContextManager[None],
) -> AsyncIterator[None]:
    async with outer, inner:
        yield


@contextlib.asynccontextmanager
async def _letting_in(sock: socket.socket) -> AsyncIterator[None]:
    """The first thing at the end: no process that listens on the socket gets anybody new."""
    try:
        yield
    finally:
        let_nobody_in(sock)


def create_watch(settings: ProxySettings, state: GatewayState, ledger: Ledger) -> GatewayWatch:
    """What asks for the gateway: one that is used from the start, or once it is found."""

    def use() -> None:
        state.is_there()
        begin_portkey(ledger)
        _say_default(ledger, settings, Routing.PORTKEY)

    if settings.expects_portkey:
        use()
    lookup = Lookup(settings.portkey_host, settings.portkey_port)
    pool, is_strict = gateway_pool(settings), settings.portkey_strict
    return GatewayWatch(pool, lookup, state, ledger, is_strict, use)


def _say_default(ledger: Ledger, settings: ProxySettings, way: Routing) -> None:
    told = str(settings.enable_portkey).lower()
    for one in WAYS:
        ledger.forget(m.CONFIG_INFO, (one, told))
    ledger.put(m.CONFIG_INFO, 1, (way, told))
