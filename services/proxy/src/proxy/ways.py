"""Ways out of the proxy: where a request is sent, and what its head becomes for that.

`Direct` is the way to an Ollama without anything between; the gateway's is in gateway.py, the
return leg's in return_leg.py; ways that lead into another are in detours.py.
"""

import re
from collections.abc import Collection, Sequence
from typing import Protocol

from ollama_observe.service.guard import host_refusal
from proxy.admission import Refusal
from proxy.connections import Pool
from proxy.headers import lines_without, value_of
from proxy.heads import RequestHead
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.routing import ROUTE_HEADER, Bypass
from proxy.upstreams import MAIN
from proxy.witness import Witness

# Scheme and authority, then what a server is asked for: RFC 3986, 3.2.
_ABSOLUTE = re.compile(rb"https?://[^/?#]*(.*)", re.IGNORECASE)
_LENGTH = (b"content-length",)
# What is taken out of the answer again must be readable.
_LENGTH_AND_ENCODING = (b"content-length", b"accept-encoding")


class Way(Protocol):
    """One way out."""

    @property
    def pool(self) -> Pool:
        """The connections to whom the request is sent."""

    @property
    def name(self) -> str:
        """Who that is, for messages: with address, without credentials."""

    @property
    def body_limit_bytes(self) -> int:
        """How much of a request's body is kept until it is whole, see `body`; 0: none is."""

    @property
    def frames_anew(self) -> bool:
        """Whether a chunked body that was kept goes out with its length instead."""

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """A request's head as it goes out.

        `length` is that of a body that is not the client's own, or not in its framing; `plain`
        asks for an answer that is not compressed. Raises: Refusal.
        """

    def body(self, body: bytes | None) -> bytes | None:
        """A whole body as it goes out; None where it cannot go this way.

        `body` is None where it was too long to be kept. Raises: Refusal.
        """

    @property
    def signature(self) -> bytes:
        """What of the way may change the answer; empty where it is Ollama's own."""

    @property
    def own_lines(self) -> Sequence[bytes]:
        """Header fields that are added to the answer."""

    @property
    def needs_own_chunks(self) -> bool:
        """Whether an answer must be chunked anew, so that it can be ended, or not, anywhere."""

    @property
    def hides_breaks(self) -> bool:
        """Whether an answer that breaks off is ended as if it were whole: who takes it does not
        bear a break, and who is told of it sees to the rest."""

    @property
    def is_broken(self) -> bool:
        """Whether an answer that came whole by this way is not: it broke off further on."""

    def instead(self, reason: Bypass) -> "Way | None":
        """The way for a request that cannot go this one, nothing of it being sent; None: none."""

    def close(self) -> None:
        """The request that went this way is over."""


class Trip(Way, Protocol):
    """A way that others than who chose it may wait at the end of, perhaps for longer."""

    def instead(self, reason: Bypass) -> "Trip | None":
        """See Way."""

    @property
    def reaches(self) -> Collection[str]:
        """The names of the upstreams that may answer what goes this way."""

    @property
    def goal(self) -> Pool:
        """Whose connections are asked for in the end: ways to one goal are as good as each other,
        whatever is waited for on them."""

    def yield_turn(self, to: "Trip | None") -> None:
        """Nothing was sent by it. What it has got of a turn goes to another way to the same goal,
        or to none."""

    def would_hold_up(self, other: "Trip") -> bool:
        """Whether it still waits for a turn that another way would have before it."""

    def claimed_by(self, witness: Witness) -> None:
        """What comes by it is this one's to take note of."""

    def gave(self, at: float) -> None:
        """Something of the answer came, of which nobody takes note."""

    def keeps_up(self, at: float, is_so: bool) -> None:
        """Nobody takes more of the answer for now, or somebody does again."""


class PlainWay:
    """What ways have in common that take every body, and beside which there is no other."""

    body_limit_bytes = 0
    frames_anew = False
    signature = b""
    reaches: Collection[str] = (MAIN,)
    own_lines: Sequence[bytes] = ()
    needs_own_chunks = False
    hides_breaks = False
    is_broken = False
    pool: Pool

    @property
    def goal(self) -> Pool:
        """See Trip."""
        return self.pool

    def yield_turn(self, to: Trip | None) -> None:
        """See Trip."""

    def would_hold_up(self, other: Trip) -> bool:  # noqa: ARG002
        """See Trip."""
        return False

    def body(self, body: bytes | None) -> bytes | None:
        """See Way."""
        return body

    def instead(self, reason: Bypass) -> Trip | None:  # noqa: ARG002
        """See Way."""
        return None

    def claimed_by(self, witness: Witness) -> None:
        """See Trip."""

    def gave(self, at: float) -> None:
        """See Trip."""

    def keeps_up(self, at: float, is_so: bool) -> None:
        """See Trip."""

    def close(self) -> None:
        """See Way."""


class Direct(PlainWay):
    """The way straight to an Ollama. One object serves all requests."""

    pool: UpstreamPool

    def __init__(self, pool: UpstreamPool, allowed_hosts: str = "") -> None:
        """`allowed_hosts`: names that a request's Host may carry, by commas; empty: any.

        Beside them the loopback's and every address, which no stranger's page can have.
        """
        self.pool = pool
        self.name = f"Ollama at {pool.address}"
        names = allowed_hosts.lower().split(",")
        self._allowed_hosts = frozenset(name.strip() for name in names if name.strip())
        self.rewrites_host = bool(self._allowed_hosts)
        """Whether Ollama sees its own name in Host instead of the client's."""

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """See Way."""
        target = request.target
        if target[:1] == b"/":
            target = self.pool.path_prefix + target
        elif target != b"*" or request.method != b"OPTIONS":  # which asks for the whole server's
            target = self.pool.path_prefix + path_of(request)
        lines = request.passing
        if length is not None or request.length is None:
            lines = framed(request, lines, length, plain)
        if ROUTE_HEADER in request.headers:
            lines = lines_without(lines, (ROUTE_HEADER,))
        if self.rewrites_host:
            lines = [b"Host: " + self.host_of(request), *lines_without(lines, (b"host",))]
        if self.pool.authorization and b"authorization" not in request.headers:
            lines = [*lines, b"Authorization: " + self.pool.authorization]
        return written(request, target, lines)

    def host_of(self, request: RequestHead) -> bytes:
        """What Host says to Ollama, whose guard against DNS rebinding looks at it.

        Where the guard sees its own name instead of the client's, ours must look. Raises: Refusal.
        """
        if not self._allowed_hosts:
            return request.headers.get(b"host", self.pool.own_host)
        host = value_of(request.headers, b"host").lower()
        said = host_refusal({"host": host}, self._allowed_hosts)
        if said is not None:
            raise Refusal(Ending.REFUSED_HOST, f"{said}; PROXY_ALLOWED_HOSTS permits another name")
        return self.pool.authority


def written(request: RequestHead, target: bytes, lines: list[bytes]) -> bytes:
    """A head of these field lines."""
    first = b"%s %s %s" % (request.method, target, request.version)
    return b"\r\n".join([first, *lines]) + b"\r\n\r\n"


def framed(
    request: RequestHead, lines: list[bytes], length: int | None, plain: bool
) -> list[bytes]:
    """A request's field lines with what frames its body: `length`, or as the client has it."""
    if length is not None:
        return [
            *lines_without(lines, _LENGTH_AND_ENCODING if plain else _LENGTH),
            b"Content-Length: %d" % length,
        ]
    return [*lines, b"Transfer-Encoding: chunked"] if request.length is None else lines


def path_of(request: RequestHead) -> bytes:
    """Path and query as the client wrote them: `%2F` in a model's name must stay.

    Of an absolute target (`http://host/path`) only what follows the host goes on.
    Raises: Refusal.
    """
    target = request.target
    if target.startswith(b"/"):
        return target
    url = _ABSOLUTE.fullmatch(target)
    if url is None or request.method == b"CONNECT":
        raise Refusal(Ending.UNSENDABLE, "expected a path that begins with /")
    return url[1] if url[1].startswith(b"/") else b"/" + url[1]
