"""The Portkey gateway as one process sees it: what its requests carry, and whether it is there.

Source: design notes "portkey", part 2; the gateway's own code does not cancel, and reads heads of
16 KiB.
"""

import time
from collections.abc import Callable, Mapping

from ollama_observe.wire import portkey
from ollama_observe.wire.endpoints import Dialect, Endpoint
from proxy.heads import RequestHead
from proxy.pool import UpstreamPool
from proxy.portkey import fields
from proxy.portkey.config import NO_CONFIG, PortkeyConfig
from proxy.portkey.passages import Passage, Passages
from proxy.settings import ProxySettings
from proxy.shared import GatewayState
from proxy.telemetry.traceparent import TRACEPARENT, TRACESTATE
from proxy.upstreams import MAIN, upstreams_of
from proxy.ways import Direct

PLACEHOLDER_KEY = portkey.PLACEHOLDER_KEY.encode()
HEAD_LIMIT_BYTES = 16 * 1024
# What the gateway keeps of it is more; a longer body goes directly.
BODY_LIMIT_BYTES = 16 * 1024 * 1024
_ADDED_BYTES = 512
_PROVIDERS = {Dialect.OPENAI: b"openai", Dialect.ANTHROPIC: b"anthropic"}
# Those whose bodies the gateway knows: it drops what it does not know of them.
_TYPED = frozenset(
    {
        *("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"),
        "/v1/messages",
    }
)


class Gateway:
    """The gateway of one process. `upstreams` are names and where the gateway reaches them.

    Raises: ConfigError.
    """

    def __init__(
        self,
        settings: ProxySettings,
        pool: UpstreamPool,
        direct: Direct,
        state: GatewayState,
        upstreams: Mapping[str, str],
        config: PortkeyConfig | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.pool = pool
        self.name = f"Portkey at {pool.address}"
        self.direct = direct
        self.config = config or NO_CONFIG
        self.passages = Passages(self._is_stuck)
        self.is_strict = settings.portkey_strict
        self.lets_headers_pass = settings.portkey_client_headers
        self._is_expected = settings.expects_portkey
        self._is_typed = settings.portkey_typed_routes
        self._patience_seconds = settings.portkey_timeout_seconds
        self._state = state
        self._clock = clock
        self.key = b"" if config is not None else self._own_key(settings.return_leg)
        """For clients that bring none. A configuration has keys of its own."""
        hosts = [upstreams[MAIN]] if config is None else config.hosts(upstreams)
        comes_back = [settings.return_leg and host in upstreams.values() for host in hosts]
        self.has_leg = all(comes_back)
        """Every target is behind the return leg: what it does not see, nobody does."""
        self.upstreams = tuple(upstreams)
        self.reaches = _reached(hosts, (upstreams, upstreams_of(settings)))
        """The names of the upstreams that its targets are."""
        self.may_come_back = any(comes_back)
        # by names: its addresses are each process's own
        names = {name: name for name in upstreams}
        self.told = b"" if config is None else config.sent(names)
        """What it is told to do, the same for all processes."""
        kept = _kept_line(settings)
        self.own_lines, self._typed_lines = _lines_of(upstreams, config, kept)

    @property
    def is_used(self) -> bool:
        """Whether requests go this way: as was told, or since it was found."""
        return self._is_expected or self._state.is_known

    @property
    def is_down(self) -> bool:
        """Whether it gave no answer when it was last asked."""
        return self._state.is_down

    def typed_lines(self, endpoint: Endpoint) -> list[bytes] | None:
        """What a request by the gateway's own route carries; None where it goes another way."""
        if self._is_typed and endpoint.template in _TYPED:
            return self._typed_lines.get(endpoint.dialect)
        return None

    def reads(self, request: RequestHead) -> bool:
        """Whether the gateway reads a head so long."""
        given = len(request.target) + sum(map(len, request.passing)) + 2 * len(request.passing)
        own = max(sum(map(len, lines)) for lines in (self.own_lines, *self._typed_lines.values()))
        key = len(self.direct.pool.authorization or b"")
        return given + own + key + _ADDED_BYTES <= HEAD_LIMIT_BYTES

    def _own_key(self, has_leg: bool) -> bytes:
        # by the return leg each upstream gets its own, and the gateway none
        own = None if has_leg else self.direct.pool.authorization
        return own or PLACEHOLDER_KEY

    def _is_stuck(self, passage: Passage) -> bool:
        """Whether the gateway hangs, as far as can be told of this request.

        With the return leg it is known what is in the gateway's hands. Without, a slow model
        looks the same: then the gateway must also have failed its probe for as long.
        """
        if passage.waits is None or passage.is_paused:
            return False
        if self._clock() - passage.waits <= self._patience_seconds:
            return False
        return passage.has_leg or self._state.silent_seconds > self._patience_seconds


def _reached(hosts: list[str], named: tuple[Mapping[str, str], ...]) -> tuple[str, ...]:
    """The upstreams behind targets' addresses, as the gateway or the proxy reaches them.

    What is no known address may be Ollama by another name: the main one stands for it.
    """
    known = [(name, url.rstrip("/")) for names in named for name, url in names.items()]
    found = set()
    for host in hosts:
        bare = host.rstrip("/")
        names = {name for name, url in known if bare == url or bare.startswith(url + "/")}
        found |= names or {MAIN}
    return tuple(name for name in named[0] if name in found)


_Lines = tuple[list[bytes], dict[Dialect, list[bytes]]]
"""What requests carry by the way through, and by the typed routes of each dialect."""


def _kept_line(settings: ProxySettings) -> bytes:
    """Which header fields the typed routes are to keep: of a client's they keep none."""
    names = [fields.LEG, *((TRACEPARENT, TRACESTATE) if settings.sends_spans else ())]
    return b"x-portkey-forward-headers: " + b", ".join(names)


def _lines_of(upstreams: Mapping[str, str], config: PortkeyConfig | None, kept: bytes) -> _Lines:
    if config is None:
        return _plain_lines(upstreams, kept)
    return _config_lines(upstreams, config, kept)


def _plain_lines(upstreams: Mapping[str, str], kept: bytes) -> _Lines:
    """Provider and host."""
    host = fields.CUSTOM_HOST + b": " + upstreams[MAIN].encode()
    provider = fields.PROVIDER + b": "
    typed = {
        dialect: [provider + name, host + b"/v1", kept] for dialect, name in _PROVIDERS.items()
    }
    return [provider + b"openai", host], typed


def _config_lines(upstreams: Mapping[str, str], config: PortkeyConfig, kept: bytes) -> _Lines:
    """A configuration. Of the typed routes Anthropic's would need another provider in it."""
    below = {name: f"{address}/v1" for name, address in upstreams.items()}
    name = fields.CONFIG + b": "
    return [name + config.sent(upstreams)], {Dialect.OPENAI: [name + config.sent(below), kept]}
