"""The way through the Portkey gateway: what its requests carry, and who may not go.

Source: design notes "portkey", part 2; the gateway's own code does not cancel, drops bodies of
types that it does not know, and reads heads of 16 KiB.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from ollama_observe.wire import portkey
from ollama_observe.wire.endpoints import Dialect, Endpoint
from ollama_observe.wire.javascript import object_in_javascript
from proxy.headers import lines_without
from proxy.heads import RequestHead
from proxy.passages import Passage, Passages
from proxy.pool import UpstreamPool
from proxy.portkey_config import NO_CONFIG, PortkeyConfig
from proxy.routing import ROUTE_HEADER, Bypass, is_json
from proxy.settings import ProxySettings
from proxy.shared import GatewayState
from proxy.telemetry.traceparent import TRACEPARENT, TRACESTATE
from proxy.upstreams import MAIN, upstreams_of
from proxy.ways import Direct, Trip, framed, path_of, written
from proxy.witness import Witness

LEG_HEADER = b"x-ollama-observe-leg"
PLACEHOLDER_KEY = portkey.PLACEHOLDER_KEY.encode()
_WAY_THROUGH = portkey.WAY_THROUGH.encode()
TRACE_HEADER = b"x-portkey-trace-id"
OWN_PREFIX = b"x-portkey-"
CHOOSING = frozenset(
    {
        *(b"x-portkey-config", b"x-portkey-provider"),
        *(b"x-portkey-custom-host", b"x-portkey-virtual-key"),
    }
)
"""Headers of a client's that choose where the gateway sends its request, where it may."""
OF_ONE = frozenset({TRACE_HEADER, b"x-portkey-metadata", b"x-portkey-cache-force-refresh"})
"""Of those that go through, what says nothing of the answer."""
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
        self.own_lines, self._typed_lines = (
            _plain_lines(upstreams, kept)
            if config is None
            else _config_lines(upstreams, config, kept)
        )

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
    names = [LEG_HEADER, *((TRACEPARENT, TRACESTATE) if settings.sends_spans else ())]
    return b"x-portkey-forward-headers: " + b", ".join(names)


def _plain_lines(upstreams: Mapping[str, str], kept: bytes) -> _Lines:
    """Provider and host."""
    host = upstreams[MAIN].encode()
    typed = {
        dialect: [
            b"x-portkey-provider: " + provider,
            b"x-portkey-custom-host: " + host + b"/v1",
            kept,
        ]
        for dialect, provider in _PROVIDERS.items()
    }
    return [b"x-portkey-provider: openai", b"x-portkey-custom-host: " + host], typed


def _config_lines(upstreams: Mapping[str, str], config: PortkeyConfig, kept: bytes) -> _Lines:
    """A configuration. Of the typed routes Anthropic's would need another provider in it."""
    below = {name: f"{address}/v1" for name, address in upstreams.items()}
    typed = {Dialect.OPENAI: [b"x-portkey-config: " + config.sent(below), kept]}
    return [b"x-portkey-config: " + config.sent(upstreams)], typed


class Crossing:
    """The way of one request through the gateway. A Trip."""

    hides_breaks = False
    own_lines: Sequence[bytes] = ()

    def __init__(
        self,
        gateway: Gateway,
        request: RequestHead,
        endpoint: Endpoint,
        request_id: str,
        give_up: Callable[[], None],
    ) -> None:
        """Raises: Refusal, as the direct way does."""
        self._gateway = gateway
        self._request_id = request_id.encode()
        self._path = path_of(request)
        host = gateway.direct.host_of(request)
        self.pool = self.goal = gateway.pool
        self.name = gateway.name
        self._is_json = request.method == b"POST" and is_json(request, endpoint)
        self.body_limit_bytes = BODY_LIMIT_BYTES if self._is_json else 0
        self.frames_anew = self._is_json
        self._is_native = endpoint.dialect is Dialect.NATIVE
        self._given = {name for name in request.headers if name.startswith(OWN_PREFIX)}
        self.config = gateway.config
        self._choosing, self._prefix, self._key = gateway.own_lines, _WAY_THROUGH, gateway.key
        typed = gateway.typed_lines(endpoint)
        if typed is not None:
            self._choosing, self._prefix = typed, b""
        if gateway.lets_headers_pass and not self._given.isdisjoint(CHOOSING):
            self._choosing, self.config, self._key = [], NO_CONFIG, PLACEHOLDER_KEY
        is_ours = self._choosing != []
        self.reaches: Collection[str] = gateway.reaches if is_ours else gateway.upstreams
        said = self._said_to_gateway(request)
        is_plain = is_ours and typed is None and self.config is NO_CONFIG and not said
        self.signature = b"" if is_plain else self._signature(said, is_ours, typed is not None)
        has_leg = gateway.has_leg and is_ours
        self.needs_own_chunks = self._may_come_back = gateway.may_come_back and is_ours
        self.passage = gateway.passages.open(
            has_leg, None if gateway.direct.rewrites_host else host, request.headers, give_up
        )

    def _said_to_gateway(self, request: RequestHead) -> list[bytes]:
        """What its client tells the gateway; a field that comes twice counts twice."""
        passed = self._given - OF_ONE if self._gateway.lets_headers_pass else frozenset()
        if not passed:
            return []
        parts = (line.partition(b":") for line in request.passing)
        named = ((name.lower(), value.strip()) for name, _, value in parts)
        chosen = sorted((one for one in named if one[0] in passed), key=lambda one: one[0])
        return [name + b":" + value for name, value in chosen]

    def _signature(self, said: list[bytes], is_ours: bool, is_typed: bool) -> bytes:
        told = self._gateway.told if is_ours else b""
        return b"\n".join([b"%d%d" % (is_ours, is_typed), told, *said])

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """See Way."""
        dropped = {ROUTE_HEADER, LEG_HEADER, b"host"}
        if self.body_limit_bytes:  # the body is here, and nobody waits for a go-ahead
            dropped.add(b"expect")
        if not self._gateway.lets_headers_pass:
            dropped |= self._given
        lines = [b"Host: " + self.pool.authority, *self._choosing]
        if self._may_come_back:
            lines.append(LEG_HEADER + b": " + self.passage.token)
        if TRACE_HEADER not in self._given or TRACE_HEADER in dropped:
            lines.append(TRACE_HEADER + b": " + self._request_id)
        if self._is_json:
            dropped.add(b"content-type")
            lines.append(b"Content-Type: application/json")
        if self._key and b"authorization" not in request.headers:
            lines.append(b"Authorization: " + self._key)
        lines += framed(request, lines_without(request.passing, dropped), length, plain)
        return written(request, self._prefix + self._path, lines)

    def body(self, body: bytes | None) -> bytes | None:
        """See Way: the gateway reads JSON, and writes it again.

        Of an answer to `"stream": true` it hands on what stands before an empty line: a native
        stream, which has none, it keeps to its end, and the first event of any other for 25 ms.
        So it is not told, where the return leg can tell Ollama, or where a stream is the rule.
        """
        found = None if body is None else object_in_javascript(body)
        if found is None:
            return None
        has_leg = self.passage.has_leg
        is_streamed = found.get("stream") is True and self._prefix
        # of two spellings Ollama takes the last one
        is_said_once = sum(name.lower() == "stream" for name in found) == 1
        if not (is_streamed and is_said_once and (has_leg or self._is_native)):
            return body
        del found["stream"]
        self.passage.has_withheld_stream = has_leg
        return msgspec.json.encode(found)

    @property
    def is_broken(self) -> bool:
        """See Way: of a break between itself and Ollama the gateway says nothing."""
        return self.passage.is_cut

    def would_hold_up(self, other: Trip) -> bool:  # noqa: ARG002
        """See Trip."""
        return False

    def yield_turn(self, to: Trip | None) -> None:
        """See Trip."""

    def claimed_by(self, witness: Witness) -> None:
        """See Trip."""
        witness.crosses(self.passage, self.config)

    def gave(self, at: float) -> None:
        """See Trip."""
        self.passage.gateway_gave(at)

    def keeps_up(self, at: float, is_so: bool) -> None:
        """See Trip."""
        self.passage.client_keeps_up(at, is_so)

    def instead(self, reason: Bypass) -> Trip | None:
        """See Way."""
        if reason is Bypass.GATEWAY_DOWN and self._gateway.is_strict:
            return None
        self.close()
        return self._gateway.direct

    def close(self) -> None:
        """See Way."""
        self._gateway.passages.close(self.passage)
