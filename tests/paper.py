"""A relay between transports of paper: what was written where, and in which order."""

import asyncio
from collections.abc import Sequence

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import Metric
from ollama_observe.metrics.view import LedgerView
from proxy import connections
from proxy.admission import Admission
from proxy.clients import ClientConnection
from proxy.connections import Connection
from proxy.failures import UpstreamError
from proxy.front import Bend, FrontDesk
from proxy.hangup import HangupWatch
from proxy.heads import ResponseHead
from proxy.observer import Observer
from proxy.pool import UpstreamPool
from proxy.portkey.gateway import Gateway
from proxy.portkey.making import read_config
from proxy.portkey.return_leg import ReturnDesk
from proxy.relay import Relay
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.upstream import UpstreamConnection
from proxy.upstreams import seen_by_gateway, upstreams_of
from proxy.ways import Direct
from tests.ledgers import nothing_loaded


class Transport:
    """One side of a connection: what was written, and what else was asked of it."""

    def __init__(self, can_end: bool = True) -> None:
        self.written = b""
        self.story: list[str] = []
        self._can_end = can_end
        self.unsent = 0
        self.pauses: ClientConnection | None = None
        """Whose peer takes no more from the next write on."""

    def write(self, data: bytes) -> None:
        """Note what is sent."""
        self.written += data
        if self.pauses is not None:
            self.pauses.pause_writing()

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return "abort" in self.story or "close" in self.story

    def get_write_buffer_size(self) -> int:
        """Everything leaves at once, unless told otherwise."""
        return self.unsent

    def can_write_eof(self) -> bool:
        """As TCP can, and TLS cannot."""
        return self._can_end

    def get_extra_info(self, _name: str) -> "Transport":
        """Its socket: itself."""
        return self

    def fileno(self) -> int:
        """Of no file."""
        return 99

    def __getattr__(self, name: str) -> object:
        return lambda *_: self.story.append(name)


class Asker:
    """Somebody who asks an upstream, and notes what it is told.

    `defect` is raised at the head, or at the `end`.
    """

    def __init__(self, defect: Exception | None = None, at: str = "head") -> None:
        self._defect = defect
        self._at = at
        self.connection: Connection | None = None
        self.told: list[object] = []

    def connected(self, connection: Connection) -> None:
        """See proxy.connections.Asker."""
        self.connection = connection

    def interim_received(self, head: ResponseHead) -> None:
        """See proxy.connections.Asker."""
        self.told.append(head.status)

    def head_received(self, at: float, head: ResponseHead) -> None:
        """See proxy.connections.Asker."""
        if self._defect is not None and self._at == "head":
            raise self._defect
        self.told.append((at, head.status))

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """See proxy.connections.Asker."""
        if self._defect is not None and is_done:
            raise self._defect
        self.told.append((at, raw, pieces, is_done))

    def failed(self, error: UpstreamError) -> None:
        """See proxy.connections.Asker."""
        self.told.append(type(error))

    def sending_paused(self) -> None:
        """See proxy.connections.Asker."""
        self.told.append("paused")

    def sending_resumed(self) -> None:
        """See proxy.connections.Asker."""
        self.told.append("resumed")


class Pool(UpstreamPool):
    """Hands out a connection of paper to each request."""

    def __init__(self, url: str = "http://gpu") -> None:
        super().__init__(url, 1.0)
        self.can_end = True
        self.is_off = False
        self.asker: connections.Asker | None = None
        """Who asked last."""
        self.connections: list[UpstreamConnection] = []
        self.transports: list[Transport] = []
        self.kept: list[UpstreamConnection] = []
        self.defect: Exception | None = None
        """What `ask` raises, where it is broken."""

    def ask(self, asker: connections.Asker) -> None:
        """Connect at once, unless nobody is there."""
        if self.defect is not None:
            raise self.defect
        self.asker = asker
        if self.is_off:
            return
        self.connections.append(UpstreamConnection(self))
        self.transports.append(Transport(self.can_end))
        self.connections[-1].connection_made(self.transports[-1])  # type: ignore[arg-type]
        asker.connected(self.connections[-1])

    def fail(self, error: UpstreamError) -> None:
        """There is no connection for who asked last."""
        assert self.asker is not None
        self.asker.failed(error)

    def keep(self, connection: UpstreamConnection) -> None:
        """Note what would be used again."""
        self.kept.append(connection)


class PaperHouse:
    """A client's connection, its relay, and the upstream: all on paper, within a running loop.

    With `enable_portkey` there is a gateway between them, on paper as well: `gateway_pool` is the
    way to it, and `attempt` what it makes of a request.
    """

    def __init__(self, bends: Sequence[Bend] = (), /, **told: object) -> None:
        self._settings = settings = ProxySettings.model_validate(told)
        self.ledger = Ledger(catalogue.PROXY)
        self.pool = Pool()
        self.gateway_pool = Pool("http://gateway")
        self.watch = HangupWatch(asyncio.get_running_loop())
        self.watch.close()
        shared = Shared()
        self.observer = Observer(
            settings, self.ledger, shared, lambda _event, _fields: None, nothing_loaded
        )
        direct = Direct(self.pool, settings.allowed_hosts)
        self.gateway: Gateway | None = None
        if settings.enable_portkey:
            seen = seen_by_gateway(settings, upstreams_of(settings), settings.return_leg_port)
            pool, config = self.gateway_pool, read_config(settings)
            self.gateway = Gateway(settings, pool, direct, shared.gateway, seen, config)
        desk = FrontDesk(self.observer, direct, self.gateway, bends=bends)
        self.relay = Relay(settings, desk, Admission(settings.max_requests, shared))
        self.client, self.transport = self._accept(self.relay)

    def _accept(self, relay: Relay) -> tuple[ClientConnection, Transport]:
        connection, transport = ClientConnection(relay, self._settings, self), Transport()
        connection.connection_made(transport)  # type: ignore[arg-type]
        return connection, transport

    def attempt(self, number: int = 0) -> tuple[ClientConnection, Transport]:
        """The gateway sends a request on as it got it: its connection to the return leg."""
        assert self.gateway is not None
        desk = ReturnDesk({"ollama": self.pool}, self.gateway.passages, self.ledger)
        plain = self._settings.model_copy(update={"request_id_header": "", "inject_usage": False})
        leg, transport = self._accept(Relay(plain, desk, Admission(0, Shared())))
        leg.data_received(self.gateway_got(number).replace(b" /v1/proxy/", b" /to/ollama/", 1))
        return leg, transport

    def joined(self, connection: ClientConnection) -> None:
        """See House."""

    def left(self, connection: ClientConnection) -> None:
        """See House."""

    def upstream_got(self, number: int = 0) -> bytes:
        """What a request became."""
        return self.pool.transports[number].written

    def answer(self, data: bytes, number: int = 0) -> None:
        """The upstream sends bytes."""
        self.pool.connections[number].data_received(data)

    def gateway_got(self, number: int = 0) -> bytes:
        """What a request became on its way to the gateway."""
        return self.gateway_pool.transports[number].written

    def gateway_gives(self, data: bytes, number: int = 0) -> None:
        """The gateway sends bytes."""
        self.gateway_pool.connections[number].data_received(data)

    def observed(self, metric: Metric) -> dict[tuple[str, ...], float]:
        """The sums of a histogram's series."""
        self.relay.desk.settle()
        found = LedgerView(catalogue.PROXY, self.ledger.memory).series()
        return {x.labels: x.numbers[0] for x in found if x.metric is metric}

    def counted(self, metric: Metric) -> dict[tuple[str, ...], float]:
        """The series of a counter or gauge that are not 0."""
        self.relay.desk.settle()
        found = LedgerView(catalogue.PROXY, self.ledger.memory).series()
        return {x.labels: x.numbers[0] for x in found if x.metric is metric and x.numbers[0]}
