"""The listeners of one relay process: the front door, and the return leg where there is one."""

import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.logging import event_log
from proxy.access.making import Access, create_access
from proxy.admission import Admission
from proxy.cache.digests import Digests
from proxy.cache.making import Made, create_cache
from proxy.cache.plan import plan_of
from proxy.front import Bend, FrontDesk, Threshold
from proxy.observer import Observer
from proxy.pool import UpstreamPool, create_pool
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.gateway import Gateway
from proxy.portkey.making import create_gateway
from proxy.portkey.return_leg import ReturnDesk
from proxy.probe import installed_locations, loaded_contexts
from proxy.queue.books import QueueGauges
from proxy.queue.making import Queueing, create_queueing
from proxy.relay import Relay
from proxy.server import Server
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.telemetry.parts import Telemetry
from proxy.telemetry.switch import telemetry_of
from proxy.upstreams import upstreams_of
from proxy.ways import Direct

# Those whose outer leg is over are gone; others, who came to the gateway themselves, are cut.
_RETURN_DRAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Doors:
    """One process's listeners, as far as they can be made before there are sockets."""

    front: Relay
    back: Relay | None
    observer: Observer
    cache: Made | None = None
    access: Access | None = None
    queue: QueueGauges | None = None
    telemetry: Telemetry | None = None

    @contextlib.asynccontextmanager
    async def serving(
        self, settings: ProxySettings, sock: socket.socket, return_sock: socket.socket | None
    ) -> AsyncIterator[None]:
        """Serve while the block runs, then drain: the front door first."""
        async with contextlib.AsyncExitStack() as stack:
            if self.telemetry is not None:  # the last to end: it sends what the others booked
                await stack.enter_async_context(self.telemetry.running())
            if self.access is not None and self.access.keeper is not None:
                await stack.enter_async_context(self.access.keeper.watching())
            if self.cache is not None:
                await stack.enter_async_context(self.cache.running())
            if self.back is not None and return_sock is not None:
                server = Server(self.back, settings)
                await stack.enter_async_context(server.serving(return_sock, _RETURN_DRAIN_SECONDS))
            server = Server(self.front, settings)
            await stack.enter_async_context(server.serving(sock, settings.drain_seconds))
            yield
        for relay in filter(None, (self.front, self.back)):
            relay.desk.close()


def create_doors(
    settings: ProxySettings,
    ledger: Ledger,
    shared: Shared,
    config: PortkeyConfig | None = None,
    index: int = 0,
    return_port: int | None = None,
) -> Doors:
    """The listeners of one process, the `index`-th, which measures into `ledger`.

    `config` is what the gateway is told, if anything; `return_port` is where the process's return
    leg listens, if it has one.

    Raises: ValueError, OSError for settings that make no sense together.
    """
    pool = create_pool(settings)
    direct = Direct(pool, settings.allowed_hosts)
    upstreams = {name: create_pool(settings, url) for name, url in upstreams_of(settings).items()}
    plan = plan_of(settings, config)
    digests = None if plan is None else Digests(upstreams, changes=shared.model_changes(index))
    access = create_access(settings, ledger, shared, index)
    telemetry = telemetry_of(settings, ledger)
    observer = _observer(settings, ledger, shared, pool, digests, access, telemetry)
    cache = gateway = back = queue = None
    if plan is not None and digests is not None:
        cache = create_cache(settings, plan, ledger, digests, pool, shared, index)
    if settings.enable_portkey:
        gateway = create_gateway(settings, direct, shared, config, return_port or 0)
    if gateway is not None and return_port is not None:
        back = _back(settings, upstreams, gateway, ledger, shared)
    queueing = create_queueing(settings, observer.locations.is_elsewhere)
    answers = None if cache is None else cache.cache
    thresholds, bends = _thresholds(access, telemetry), _bends(access, queueing)
    desk = FrontDesk(observer, direct, gateway, answers, thresholds, bends)
    admission = Admission(settings.max_requests, shared, index, settings.retry_after_seconds)
    front = Relay(settings, desk, admission)
    if queueing is not None:
        front.before_cut.append(queueing.gate.shut)
        queue = QueueGauges(ledger, queueing.gate.line, observer.models.known)
    return Doors(front, back, observer, cache, access, queue, telemetry)


def _observer(
    settings: ProxySettings,
    ledger: Ledger,
    shared: Shared,
    pool: UpstreamPool,
    digests: Digests | None,
    access: Access | None,
    telemetry: Telemetry | None,
) -> Observer:
    return Observer(
        settings,
        ledger,
        shared,
        event_log("proxy", "proxy.relay"),
        lambda: loaded_contexts(pool),
        listed=lambda: installed_locations(pool),
        on_models_changed=None if digests is None else digests.forget,
        counts=None if access is None else access.counts,
        further=None if telemetry is None else telemetry.steps,
    )


def _back(
    settings: ProxySettings,
    upstreams: Mapping[str, UpstreamPool],
    gateway: Gateway,
    ledger: Ledger,
    shared: Shared,
) -> Relay:
    admits = settings.api_keys_file is None
    desk = ReturnDesk(upstreams, gateway.passages, ledger, admits_strangers=admits)
    # ids and token counts are the front door's to add
    plain = settings.model_copy(update={"request_id_header": "", "inject_usage": False})
    return Relay(plain, desk, Admission(0, shared))


def _thresholds(access: Access | None, telemetry: Telemetry | None) -> list[Threshold]:
    """Who looks at those who come in, in this order."""
    found: list[Threshold] = []
    if telemetry is not None and telemetry.threshold is not None:
        found.append(telemetry.threshold)
    if access is not None:
        found.append(access.threshold)
    return found


def _bends(access: Access | None, queueing: Queueing | None) -> list[Bend]:
    """What is made of the way that was chosen, in this order."""
    found: list[Bend] = [] if access is None else [*access.bends]
    return found if queueing is None else [*found, queueing]
