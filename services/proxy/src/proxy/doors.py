"""The listeners of one relay process: the front door, and the return leg where there is one."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.logging import event_log
from proxy.access.making import Access, create_access
from proxy.admission import Admission
from proxy.cache.digests import Digests
from proxy.cache.making import Made, create_cache
from proxy.cache.plan import plan_of
from proxy.front import Bend, FrontDesk, Threshold
from proxy.gateway import Gateway
from proxy.observer import Observer
from proxy.pool import UpstreamPool
from proxy.portkey_config import PortkeyConfig
from proxy.probe import installed_locations, loaded_contexts
from proxy.queue.books import QueueGauges
from proxy.queue.making import create_queueing
from proxy.relay import Relay
from proxy.return_leg import ReturnDesk
from proxy.server import Server
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.telemetry.parts import Telemetry
from proxy.telemetry.switch import telemetry_of
from proxy.upstreams import seen_by_gateway, upstreams_of
from proxy.ways import Direct

# Those whose outer leg is over are gone; others, who came to the gateway themselves, are cut.
_RETURN_DRAIN_SECONDS = 1.0


def create_pool(settings: ProxySettings, url: str = "") -> UpstreamPool:
    """Connections to the Ollama of the settings, or to `url`."""
    return UpstreamPool(url or str(settings.ollama_url), settings.connect_timeout_seconds)


def gateway_pool(settings: ProxySettings) -> UpstreamPool:
    """Connections to the Portkey gateway of the settings."""
    host = settings.portkey_host.lower()  # it answers 400 to a Host with capitals
    host = f"[{host}]" if ":" in host else host
    return create_pool(settings, f"http://{host}:{settings.portkey_port}")


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
    log = event_log("proxy", "proxy.relay")
    upstreams = {name: create_pool(settings, url) for name, url in upstreams_of(settings).items()}
    plan = plan_of(settings, config)
    digests = None if plan is None else Digests(upstreams, changes=shared.model_changes(index))
    access = create_access(settings, ledger, shared, index)
    telemetry = telemetry_of(settings, ledger)
    observer = Observer(
        settings,
        ledger,
        shared,
        log,
        lambda: loaded_contexts(pool),
        listed=lambda: installed_locations(pool),
        on_models_changed=None if digests is None else digests.forget,
        counts=None if access is None else access.counts,
        further=None if telemetry is None else telemetry.steps,
    )
    cache = None
    if plan is not None and digests is not None:
        cache = create_cache(settings, plan, ledger, digests, pool, shared, index)
    gateway = back = None
    if settings.enable_portkey:
        gateway = create_gateway(settings, direct, shared, config, return_port or 0)
    if gateway is not None and return_port is not None:
        # ids and token counts are the front door's to add
        plain = settings.model_copy(update={"request_id_header": "", "inject_usage": False})
        admits = settings.api_keys_file is None
        desk = ReturnDesk(upstreams, gateway.passages, ledger, admits_strangers=admits)
        back = Relay(plain, desk, Admission(0, shared))
    bends: list[Bend] = [] if access is None else [*access.bends]
    queueing, queue = create_queueing(settings, observer.locations.is_elsewhere), None
    if queueing is not None:
        bends.append(queueing)
        queue = QueueGauges(ledger, queueing.gate.line, observer.models.known)
    front = Relay(
        settings,
        FrontDesk(
            observer,
            direct,
            gateway,
            None if cache is None else cache.cache,
            thresholds=_thresholds(access, telemetry),
            bends=bends,
        ),
        Admission(settings.max_requests, shared, index),
    )
    if queueing is not None:
        front.before_cut.append(queueing.gate.shut)
    return Doors(front, back, observer, cache, access, queue, telemetry)


def _thresholds(access: Access | None, telemetry: Telemetry | None) -> list[Threshold]:
    """Who looks at those who come in, in this order."""
    found: list[Threshold] = []
    if telemetry is not None and telemetry.threshold is not None:
        found.append(telemetry.threshold)
    if access is not None:
        found.append(access.threshold)
    return found


def check_gateway(settings: ProxySettings) -> None:
    """Raises: ValueError, OSError for a configuration of the gateway that cannot be sent."""
    direct, config = Direct(create_pool(settings)), read_config(settings)
    create_gateway(settings, direct, Shared(), config, settings.return_leg_port)


def read_config(settings: ProxySettings) -> PortkeyConfig | None:
    """What the gateway is to be told, if anything. Raises: ValueError, OSError."""
    path = settings.portkey_config
    return PortkeyConfig.read(path) if path is not None else None


def create_gateway(
    settings: ProxySettings,
    direct: Direct,
    shared: Shared,
    config: PortkeyConfig | None,
    return_port: int,
) -> Gateway:
    """The way through the gateway of the settings. Raises: ValueError."""
    seen = seen_by_gateway(settings, upstreams_of(settings), return_port)
    return Gateway(settings, gateway_pool(settings), direct, shared.gateway, seen, config)
