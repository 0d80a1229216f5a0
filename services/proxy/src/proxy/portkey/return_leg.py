"""The return leg: where the gateway's requests come back into the proxy, on their way to Ollama.

The gateway does not cancel, and says nothing of its own time. Between it and Ollama the proxy
sees both: a client that leaves ends what is done for it here, and each attempt is counted with
its own status. What comes in here is no request of its own, and is in no metric of requests.
"""

import re
from collections.abc import Mapping

from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.metrics.catalogue.access import REFUSALS as KEY_REFUSALS
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import NONE
from ollama_observe.wire.endpoints import Endpoint, endpoint_of_target
from proxy.access.denials import Denial, Reason
from proxy.admission import Refusal
from proxy.headers import Headers, lines_without
from proxy.heads import RequestHead
from proxy.outcomes import Ending, own_status
from proxy.pool import UpstreamPool
from proxy.portkey import fields
from proxy.portkey.gateway import BODY_LIMIT_BYTES, PLACEHOLDER_KEY
from proxy.portkey.passages import Passage, Passages
from proxy.relay import Stoppable
from proxy.ways import PlainWay, Way, framed, written
from proxy.witness import Unmoved, Witness

# What the gateway's own HTTP client says where the client said nothing.
_ADDED = frozenset(
    {b"accept", b"accept-encoding", b"accept-language", b"sec-fetch-mode", b"user-agent"}
)
_STRANGER = (
    "an API key is needed: ask the proxy's own port, which sends requests through the gateway"
)
_PATH = re.compile(rb"/to/([^/?#]+)(/.*)?", re.DOTALL)


class ReturnDesk:
    """The return leg of one process. `upstreams` are names and connections. A Desk."""

    def __init__(
        self,
        upstreams: Mapping[str, UpstreamPool],
        passages: Passages,
        ledger: Ledger,
        admits_strangers: bool = True,
    ) -> None:
        """`admits_strangers`: who came to the gateway himself is served, too."""
        self._admits_strangers = admits_strangers
        self._upstreams = upstreams
        self._passages = passages
        self._ledger = ledger

    def observe(self, head: RequestHead, at: float) -> "Leg":
        """See Desk."""
        found = _PATH.fullmatch(head.target)
        name, path = (found[1].decode("latin-1"), found[2] or b"/") if found else ("", head.target)
        passage = self._passages.find(head.headers.get(fields.LEG))
        return Leg(self._ledger, name, path, passage, at)

    def way(self, head: RequestHead, witness: Witness, exchange: Stoppable) -> Way:
        """See Desk."""
        assert isinstance(witness, Leg)
        pool = self._upstreams.get(witness.upstream)
        if pool is None:
            names = ", ".join(f"/to/{name}/" for name in self._upstreams)
            raise Refusal(Ending.UNSENDABLE, f"expected a path that begins with one of {names}")
        if witness.passage is None and fields.LEG in head.headers:
            raise Refusal(Ending.CLIENT_GONE, "the client has left")
        if witness.passage is None and not self._admits_strangers:
            self._ledger.add(KEY_REFUSALS, 1, (NONE, Reason.RETURN_LEG.value))
            raise Denial(Reason.RETURN_LEG, _STRANGER)
        witness.begins(exchange)
        return Homeward(pool, witness.path, witness.passage)

    def settle(self) -> None:
        """See Desk."""

    def close(self) -> None:
        """See Desk."""
        for pool in self._upstreams.values():
            pool.close()


class Homeward(PlainWay):
    """The way of one attempt from the gateway to an Ollama. A Way."""

    pool: UpstreamPool
    needs_own_chunks = True

    def __init__(self, pool: UpstreamPool, path: bytes, passage: Passage | None) -> None:
        self.pool = pool
        self.name = f"Ollama at {pool.address}"
        self._path = path
        self._passage = passage
        # the gateway may end with all that it carries when an answer breaks off (1.15.2, on Node
        # 20), so it is not told where the outer leg is
        self.hides_breaks = passage is not None
        is_short = passage is not None and passage.has_withheld_stream
        self.body_limit_bytes = BODY_LIMIT_BYTES if is_short else 0
        self.frames_anew = is_short

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """See Way. Host and key are what the client sent, as they would have been directly."""
        passage = self._passage
        lines = [b"Host: " + self._host_of(request)]
        dropped = {fields.LEG, b"host"}
        if passage is not None:
            dropped |= _ADDED - passage.headers.keys()
        key = request.headers.get(b"authorization")
        if key == PLACEHOLDER_KEY:
            dropped.add(b"authorization")
            key = passage.headers.get(b"authorization") if passage is not None else None
            lines += [b"Authorization: " + key] if key else []
        if key is None and self.pool.authorization:
            lines.append(b"Authorization: " + self.pool.authorization)
        lines += framed(request, lines_without(request.passing, dropped), length, plain)
        return written(request, self.pool.path_prefix + self._path, lines)

    def _host_of(self, request: RequestHead) -> bytes:
        """What Ollama's guard against DNS rebinding looks at: what the client said.

        Of what belongs to no request of the proxy's, as it came: it may be a strange page's.
        """
        if self._passage is not None:
            return self._passage.host or self.pool.authority
        given = request.headers.get(b"host")
        return given if given and not self.pool.is_secure else self.pool.own_host

    def body(self, body: bytes | None) -> bytes | None:
        """See Way: what was withheld from the gateway is said again."""
        if body is None or not body.startswith(b"{"):
            return body
        return b'{"stream":true' + (b"" if body[1:].lstrip().startswith(b"}") else b",") + body[1:]


class Leg(Unmoved):
    """Takes note of one attempt, for the request that it belongs to. A Witness."""

    _status: int | None = None
    _is_begun = False

    def __init__(
        self, ledger: Ledger, upstream: str, path: bytes, passage: Passage | None, at: float
    ) -> None:
        self._ledger = ledger
        self.upstream = upstream
        self.path = path
        self.passage = passage
        self._began_at = at

    @property
    def endpoint(self) -> Endpoint:
        """See Witness."""
        return endpoint_of_target(self.path)

    def begins(self, exchange: Stoppable) -> None:
        """The attempt goes on to an upstream that there is."""
        self._is_begun = True
        if self.passage is not None:
            self.passage.attempt_began(self._began_at, exchange.withdraw)

    def request_sent(self, at: float) -> None:
        """See Witness."""
        if self.passage is not None and self.passage.upstream_sent_at is None:
            self.passage.upstream_sent_at = at

    def head_received(self, at: float, status: int, headers: Headers) -> None:  # noqa: ARG002
        """See Witness."""
        self._status = status

    def pieces_received(self, at: float, pieces: list[bytes], handed_on_at: float) -> None:  # noqa: ARG002
        """See Witness."""
        if self.passage is not None:
            self.passage.gateway_got(handed_on_at)

    def answered(self, size: int) -> None:  # noqa: ARG002
        """See Witness."""
        self._status = None

    def ended(self, at: float, ending: Ending) -> None:
        """See Witness."""
        if not self._is_begun:
            return
        is_gone = ending is Ending.CLIENT_GONE
        status = own_status(ending) if self._status is None or is_gone else self._status
        if self.passage is not None:
            is_cut = ending is Ending.BROKE_OFF and self._status is not None
            self.passage.attempt_ended(at, ending, status, is_cut)
        self._ledger.add(m.ATTEMPTS, 1, (self.upstream, str(status)))
