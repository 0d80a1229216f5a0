"""The way a request takes to Ollama: directly, or through the Portkey gateway.

What the gateway can carry unchanged by its way through, `/v1/proxy<path>`, goes through it; the
rest goes directly, and says why.
Source: design notes "portkey", part 2; tried with the gateway 1.15.2.
"""

import re
from enum import StrEnum

from ollama_observe.wire.endpoints import Answer, Endpoint
from proxy.headers import is_plain, lines_without, value_of
from proxy.heads import RequestHead


class Routing(StrEnum):
    """The value of the `routing` label that every request metric carries."""

    DIRECT = "direct"
    PORTKEY = "portkey"
    CACHE = "cache"
    """No way at all: the answer was there already."""


WAYS = (Routing.DIRECT, Routing.PORTKEY)
"""The ways to Ollama."""


class Bypass(StrEnum):
    """Why a request that was to go through Portkey goes directly. The value is the label's."""

    NOT_ENABLED = "not_enabled"
    """Its client asked for Portkey, which this proxy was not told to use, or has not found yet."""
    METHOD = "method"
    """The gateway carries GET and POST alone."""
    ENDPOINT = "endpoint"
    """It moves or changes models, concerns an account, or is no route of Ollama's."""
    HEAD = "head"
    """Its head is longer than the gateway reads."""
    BODY = "body"
    """The gateway would drop its body, or write it otherwise than it was."""
    GATEWAY_DOWN = "gateway_down"
    """The gateway does not answer."""


ROUTE_HEADER = b"x-route"
"""By which a client chooses the way of one request; it goes no further."""

_LISTINGS = frozenset(
    {
        *("/", "/api/version", "/api/status", "/api/tags", "/api/ps"),
        *("/v1/models", "/v1/models/:model"),
    }
)
_SHOWN_CHARACTERS = 40
# As the gateway compares them, letter by letter; bodies of other types it drops.
_JSON, _FORM = b"application/json", b"multipart/form-data"
# The gateway's URL parser would take these for another path than the one that was written,
_REWRITTEN = re.compile(rb"\.\.|/\.(?:/|$)|%2e|[\\#]", re.IGNORECASE)
# and these it cuts off, or does not read.
_UNREAD = re.compile(rb"[#\x80-\xff]")


class UnknownRoute(ValueError):  # noqa: N818 (a client's mistake, no state of ours)
    """X-Route names no way. The message is what its client is told."""


def wish_of(head: RequestHead) -> Routing | None:
    """The way that the client asks for; None where it asks for none. Raises: UnknownRoute."""
    given = value_of(head.headers, ROUTE_HEADER)
    if not given:
        return None
    if len(head.passing) - len(lines_without(head.passing, (ROUTE_HEADER,))) > 1:
        raise UnknownRoute("X-Route: expected it once, found it more often")
    for way in WAYS:
        if given.lower() == way:
            return way
    said = f"X-Route: expected portkey or direct, found {given[:_SHOWN_CHARACTERS]!r}"
    raise UnknownRoute(said)


def bypass_of(head: RequestHead, endpoint: Endpoint) -> Bypass | None:
    """Why the gateway cannot carry a request, as far as its head tells; None where it can."""
    path = head.target.partition(b"?")[0]
    if _REWRITTEN.search(path) or _UNREAD.search(head.target):
        return Bypass.ENDPOINT
    if head.method == b"GET":
        if endpoint.template not in _LISTINGS:
            return Bypass.ENDPOINT
        return None if head.length == 0 and _type_of(head) in (b"", _JSON) else Bypass.BODY
    if head.method != b"POST":
        return Bypass.METHOD
    if not (endpoint.proves_model or path.startswith(b"/v1/")):
        return Bypass.ENDPOINT
    return None if _keeps_body(head, endpoint) else Bypass.BODY


def is_json_route(endpoint: Endpoint) -> bool:
    """Whether the route's body is JSON, whatever its Content-Type says: Ollama does not look."""
    return endpoint.proves_model and endpoint.answer is not Answer.TRANSCRIPTION


def is_json(head: RequestHead, endpoint: Endpoint) -> bool:
    """Whether the gateway is to read a request's body as JSON."""
    return is_json_route(endpoint) or _type_of(head) == _JSON


def _keeps_body(head: RequestHead, endpoint: Endpoint) -> bool:
    if head.length == 0 or not is_plain(head.headers):
        return False
    if _type_of(head) == _FORM:
        return b"boundary=" in head.headers[b"content-type"]
    return is_json(head, endpoint)


def _type_of(head: RequestHead) -> bytes:
    return head.headers.get(b"content-type", b"").partition(b";")[0]
