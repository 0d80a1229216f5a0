"""The way of one request through the gateway.

Source: design notes "portkey", part 2; the gateway drops bodies of types that it does not know.
"""

from collections.abc import Callable, Collection, Sequence

import msgspec

from ollama_observe.wire import portkey
from ollama_observe.wire.endpoints import Dialect, Endpoint
from ollama_observe.wire.javascript import object_in_javascript
from proxy.headers import lines_without
from proxy.heads import RequestHead
from proxy.portkey import fields
from proxy.portkey.config import NO_CONFIG
from proxy.portkey.gateway import BODY_LIMIT_BYTES, PLACEHOLDER_KEY, Gateway
from proxy.routing import ROUTE_HEADER, Bypass, is_json
from proxy.ways import Trip, framed, path_of, written
from proxy.witness import Witness

_WAY_THROUGH = portkey.WAY_THROUGH.encode()


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
        self._given = {name for name in request.headers if name.startswith(fields.PREFIX)}
        self.config = gateway.config
        self._choosing, self._prefix, self._key = gateway.own_lines, _WAY_THROUGH, gateway.key
        typed = gateway.typed_lines(endpoint)
        if typed is not None:
            self._choosing, self._prefix = typed, b""
        if gateway.lets_headers_pass and not self._given.isdisjoint(fields.CHOOSING):
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
        passed = self._given - fields.OF_ONE if self._gateway.lets_headers_pass else frozenset()
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
        dropped = {ROUTE_HEADER, fields.LEG, b"host"}
        if self.body_limit_bytes:  # the body is here, and nobody waits for a go-ahead
            dropped.add(b"expect")
        if not self._gateway.lets_headers_pass:
            dropped |= self._given
        lines = [b"Host: " + self.pool.authority, *self._choosing]
        if self._may_come_back:
            lines.append(fields.LEG + b": " + self.passage.token)
        if fields.TRACE_ID not in self._given or fields.TRACE_ID in dropped:
            lines.append(fields.TRACE_ID + b": " + self._request_id)
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
