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
from proxy.cache.control import CacheControl
from proxy.cache.making import create_cache_control
from proxy.cache.plan import plan_of
from proxy.control import create_control
from proxy.doors import create_doors
from proxy.finished import Table, Tables
from proxy.inflight import InflightGauges, phases
from proxy.insight.accounts import Accounts
from proxy.insight.bookkeeping import Bookkeeping
from proxy.locations import LocationGauge
from proxy.pool import create_pool
from proxy.portkey.books import begin_portkey
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.lookup import Lookup
from proxy.portkey.making import gateway_pool
from proxy.portkey.watch import GatewayWatch
from proxy.probe import check_ollama
from proxy.queue.books import QueueGauges
from proxy.routing import WAYS, Routing
from proxy.settings import ProxySettings
from proxy.shared import GatewayState, Shared
from proxy.sockets import Sockets
from proxy.telemetry.switch import metrics_sent
from proxy.workers import Workers

_Context = contextlib.AbstractAsyncContextManager[None]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that can be served: by this process, or by several."""

    control: FastAPI
    collector: LedgerCollector
    readiness: Readiness
    serving: _Context
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
    base = _base(settings, sockets, arguments, config)
    relays = _relays(base)
    refresh = _refreshing(base, relays)
    serving: list[_Context] = [metrics_sent(settings, base.collector, base.ledger, refresh)]
    pool = create_pool(settings)
    checks: dict[str, Callable[[], Awaitable[Check | None]]] = {
        "ollama": lambda: check_ollama(pool)
    }
    usage = None
    if settings.api_keys_file is not None:
        keeper = Keeper(settings.api_keys_file, FileBooks(base.ledger))
        usage = UsageBook(keeper, Counts(base.shared.access, settings.workers, index=None))
        serving.append(keeper.watching())
    if settings.enable_portkey:
        watch = create_watch(settings, base.shared.gateway, base.ledger)
        checks["portkey"] = watch.check
        serving.append(watch.watching())
    registry, readiness = process_registry(), Readiness()
    registry.register(base.collector)
    cache = _cache_control(base, relays)
    control = Control("proxy", readiness, registry, checks, refresh=refresh)
    app = create_control(control, relays.tables, settings.ollama_num_parallel, cache, usage)
    everything = _entered(*serving, relays.serving, _letting_in(sockets.front))
    return Proxy(app, base.collector, readiness, everything)


@dataclass(frozen=True, slots=True)
class _Base:
    """What the parts of a proxy have in common."""

    settings: ProxySettings
    sockets: Sockets
    arguments: Sequence[str]
    config: PortkeyConfig | None
    ledger: Ledger
    shared: Shared
    collector: LedgerCollector


def _base(
    settings: ProxySettings,
    sockets: Sockets,
    arguments: Sequence[str],
    config: PortkeyConfig | None,
) -> _Base:
    ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
    ledger.put(m.BUILD_INFO, 1, (__version__, platform.python_version()))
    _say_default(ledger, settings, Routing.DIRECT)
    limits = {"user": settings.user_label_limit}
    limits |= dict.fromkeys(("model", "response_model"), settings.model_label_limit)
    collector = LedgerCollector(catalogue.PROXY, limits, catalogue.GENAI)
    collector.include(ledger.memory)
    shared = Shared(access_bytes=access_bytes(settings))
    return _Base(settings, sockets, arguments, config, ledger, shared, collector)


@dataclass(frozen=True, slots=True)
class _Relays:
    """What relays: while `serving` is entered; `tables` tells what is in flight.

    `empty` empties this process's own answer cache, where it has one.
    """

    serving: _Context
    tables: Tables
    empty: Callable[[], Awaitable[int]] | None = None
    queue: QueueGauges | None = None


def _relays(base: _Base) -> _Relays:
    """This process, or several; whoever asks for tables has the models' accounts settled."""
    make = _in_this_process if base.settings.workers == 1 else _in_workers
    if not base.settings.insight:
        return make(base, lambda _table: None)
    books = Bookkeeping(Accounts(base.ledger, base.settings.model_label_limit), base.ledger)
    relays = make(base, books.take)
    tables = books.over(relays.tables)
    serving = _entered(relays.serving, books.settling(tables))
    return dataclasses.replace(relays, serving=serving, tables=tables)


def _in_this_process(base: _Base, on_table: Callable[[Table], None]) -> _Relays:
    settings, sockets = base.settings, base.sockets
    leg = sockets.returns[0] if sockets.returns else None
    port = leg.getsockname()[1] if leg else None
    doors = create_doors(settings, base.ledger, base.shared, base.config, return_port=port)

    async def tables() -> list[Table]:
        table = doors.observer.table()
        on_table(table)
        return [table]

    empty = None if doors.cache is None else doors.cache.cache.empty
    return _Relays(doors.serving(settings, sockets.front, leg), tables, empty, doors.queue)


def _in_workers(base: _Base, on_table: Callable[[Table], None]) -> _Relays:
    workers = Workers(
        base.settings.workers,
        base.arguments,
        base.shared,
        base.collector,
        lambda: base.ledger.add(m.WORKER_RESTARTS, 1),
        base.settings.drain_seconds,
        on_table,
    )
    return _Relays(workers.serving(base.sockets), workers.tables)


def _refreshing(base: _Base, relays: _Relays) -> Callable[[], Awaitable[None]]:
    """What is asked of all processes, and put into the ledger, before metrics are told."""
    settings = base.settings
    gauges = InflightGauges(base.ledger, settings.queue)
    locations = LocationGauge(base.ledger, settings.model_label_limit)

    async def refresh() -> None:
        tables = await relays.tables()
        entries = (one for table in tables for one in table.requests)
        gauges.put(phases(entries, settings.ollama_num_parallel))
        locations.put(table.locations for table in tables)
        if relays.queue is not None:
            relays.queue.put()

    return refresh


def _cache_control(base: _Base, relays: _Relays) -> CacheControl | None:
    plan = plan_of(base.settings, base.config)
    if plan is None:
        return None
    return create_cache_control(base.settings, plan, base.shared, relays.empty)


@contextlib.asynccontextmanager
async def _entered(*contexts: _Context) -> AsyncIterator[None]:
    """All of them, of which the first is entered first and left last."""
    async with contextlib.AsyncExitStack() as stack:
        for context in contexts:
            await stack.enter_async_context(context)
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
