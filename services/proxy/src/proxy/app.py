"""Puts the proxy together: relays on one port, the control app on another."""

import contextlib
import dataclasses
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
from proxy.access.counts import Counts
from proxy.access.file_books import FileBooks
from proxy.access.keeper import Keeper
from proxy.access.making import access_bytes
from proxy.access.usage import UsageBook
from proxy.backlog import let_nobody_in
from proxy.booking_portkey import begin_portkey
from proxy.cache.making import create_cache_control
from proxy.cache.plan import plan_of
from proxy.control import Tables, create_control
from proxy.doors import create_doors, create_pool, gateway_pool
from proxy.finished import Table
from proxy.gateway_watch import GatewayWatch
from proxy.inflight import InflightGauges, phases
from proxy.insight.accounts import Accounts
from proxy.insight.bookkeeping import Bookkeeping
from proxy.locations import LocationGauge
from proxy.lookup import Lookup
from proxy.portkey_config import PortkeyConfig
from proxy.probe import check_ollama
from proxy.queue.books import QueueGauges
from proxy.routing import WAYS, Routing
from proxy.settings import ProxySettings
from proxy.shared import GatewayState, Shared
from proxy.sockets import Sockets
from proxy.telemetry.switch import metrics_sent
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
    ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
    shared = Shared(access_bytes=access_bytes(settings))
    ledger.put(m.BUILD_INFO, 1, (__version__, platform.python_version()))
    _say_default(ledger, settings, Routing.DIRECT)
    limits = {"user": settings.user_label_limit}
    limits |= dict.fromkeys(("model", "response_model"), settings.model_label_limit)
    collector = LedgerCollector(catalogue.PROXY, limits, catalogue.GENAI)
    collector.include(ledger.memory)
    books = None
    if settings.insight:
        books = Bookkeeping(Accounts(ledger, settings.model_label_limit), ledger)
    on_table = _passed_over if books is None else books.take
    relays = (
        _in_this_process(settings, sockets, config, ledger, shared, on_table)
        if settings.workers == 1
        else _in_workers(settings, sockets, arguments, ledger, shared, collector, on_table)
    )
    if books is not None:
        relays = _with_accounts(relays, books)
    serving = _both(relays.serving, _letting_in(sockets.front))
    readiness = Readiness()
    gauges = InflightGauges(ledger, settings.queue)
    locations = LocationGauge(ledger, settings.model_label_limit)

    async def refresh() -> None:
        tables = await relays.tables()
        entries = (one for table in tables for one in table.requests)
        gauges.put(phases(entries, settings.ollama_num_parallel))
        locations.put(table.locations for table in tables)
        if relays.queue is not None:
            relays.queue.put()

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
    usage = None
    if settings.api_keys_file is not None:
        keeper = Keeper(settings.api_keys_file, FileBooks(ledger))
        usage = UsageBook(keeper, Counts(shared.access, settings.workers, index=None))
        serving = _both(keeper.watching(), serving)
    serving = _both(metrics_sent(settings, collector, ledger, refresh), serving)
    control = Control("proxy", readiness, registry, checks, refresh=refresh)
    plan = plan_of(settings, config)
    cache = None if plan is None else create_cache_control(settings, plan, shared, relays.empty)
    app = create_control(control, relays.tables, settings.ollama_num_parallel, cache, usage)
    return Proxy(app, collector, readiness, serving)


@dataclass(frozen=True, slots=True)
class _Relays:
    """What relays: while `serving` is entered; `tables` tells what is in flight.

    `empty` empties this process's own answer cache, where it has one.
    """

    serving: "contextlib.AbstractAsyncContextManager[None]"
    tables: Tables
    empty: Callable[[], Awaitable[int]] | None = None
    queue: QueueGauges | None = None


def _in_this_process(
    settings: ProxySettings,
    sockets: Sockets,
    config: PortkeyConfig | None,
    ledger: Ledger,
    shared: Shared,
    on_table: Callable[[Table], None],
) -> _Relays:
    leg = sockets.returns[0] if sockets.returns else None
    port = leg.getsockname()[1] if leg else None
    doors = create_doors(settings, ledger, shared, config, return_port=port)

    async def tables() -> list[Table]:
        table = doors.observer.table()
        on_table(table)
        return [table]

    empty = None if doors.cache is None else doors.cache.cache.empty
    return _Relays(doors.serving(settings, sockets.front, leg), tables, empty, doors.queue)


def _in_workers(
    settings: ProxySettings,
    sockets: Sockets,
    arguments: Sequence[str],
    ledger: Ledger,
    shared: Shared,
    collector: LedgerCollector,
    on_table: Callable[[Table], None],
) -> _Relays:
    workers = Workers(
        settings.workers,
        arguments,
        shared,
        collector,
        lambda: ledger.add(m.WORKER_RESTARTS, 1),
        settings.drain_seconds,
        on_table,
    )
    return _Relays(workers.serving(sockets), workers.tables)


def _passed_over(_table: Table) -> None:
    """Where nobody keeps accounts."""


def _with_accounts(relays: _Relays, books: Bookkeeping) -> _Relays:
    """The same relays; whoever asks them for tables has the models' accounts settled."""
    tables = books.over(relays.tables)
    serving = _both(relays.serving, books.settling(tables))
    return dataclasses.replace(relays, serving=serving, tables=tables)


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
