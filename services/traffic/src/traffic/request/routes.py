"""The way that a request asks for, and the way that its answer shows it took. No I/O.

What the proxy is asked for and what it does may differ: it goes directly where the gateway is
down, cannot carry the request, or was not enabled. Only the answer tells.
"""

from enum import StrEnum

from ollama_observe.wire.portkey import WAY_THROUGH
from traffic.choices import RequestRoute
from traffic.request import portkey

ROUTE_HEADER = "x-route"
"""By which the proxy is asked for a way."""


class Way(StrEnum):
    """The way that a request took."""

    DIRECT = "direct"
    """Without Portkey: from the proxy to Ollama, or to Ollama alone."""
    PORTKEY = "portkey"
    """Through the gateway, whose sign the answer carries."""
    WENT_DIRECT = "went direct"
    """It asked for Portkey, and was answered without the gateway's sign."""
    UNKNOWN = "way unknown"
    """It failed without a sign, and might have gone either way."""
    GATEWAY = "gateway"
    """Straight to the gateway, without the proxy."""
    CACHE = "cache"
    """None: the answer was there already, recorded or on its way to somebody else."""


def path_of(route: RequestRoute, path: str) -> str:
    """Where a request for `path` of Ollama's is sent."""
    return f"{WAY_THROUGH}{path}" if route == "gateway" else path


def headers_of(route: RequestRoute, ollama_url: str, trace_id: str) -> dict[str, str]:
    """What a request carries to go its way."""
    if route == "gateway":
        return portkey.headers(ollama_url, trace_id)
    return {} if route == "default" else {ROUTE_HEADER: route}


def way_of(route: RequestRoute, *, has_sign: bool, is_answered: bool, is_hit: bool = False) -> Way:
    """The way taken, by the gateway's sign and by whether an answer began with success.

    A failure without a sign may be Ollama's, met directly, or the proxy's word about the
    gateway: it is blamed on neither. A cache's hit has the signs of the answer that was recorded.
    """
    if route == "gateway":
        return Way.GATEWAY
    if is_hit:
        return Way.CACHE
    if has_sign:
        return Way.PORTKEY
    if route == "direct":
        return Way.DIRECT
    if not is_answered:
        return Way.UNKNOWN
    return Way.WENT_DIRECT if route == "portkey" else Way.DIRECT
