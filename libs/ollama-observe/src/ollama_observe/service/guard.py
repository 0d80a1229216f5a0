"""Who may ask a service of this machine: its programs and its own page, and no page of elsewhere.

A browser lets a page of anywhere send simple requests to the loopback, and open sockets there; it
says which page they come from. A page that has this machine's address under a name of its own (DNS
rebinding) is the same origin by its own word, and is seen by the Host.
"""

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from ollama_observe.service.addresses import found_words, is_loopback

_SAME = frozenset({"none", "same-origin"})


def host_refusal(headers: Mapping[str, str], names: Collection[str]) -> str | None:
    """Why the Host of a request is refused; None for the loopback, an address, and `names`."""
    host = headers.get("host", "")
    if _is_ours(host, names):
        return None
    return f"expected this machine's name or an address as Host, found {host!r}"


def refusal(
    headers: Mapping[str, str], names: Collection[str], origins: Collection[str] = ()
) -> str | None:
    """Why a request is refused; None for one of a program, of the own page, and of `origins`."""
    said = host_refusal(headers, names)
    if said is not None:
        return said
    host, origin = headers.get("host", ""), headers.get("origin")
    if origin in origins:
        return None
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return f"a page of {origin} may not do that"
    site = headers.get("sec-fetch-site", "none")
    if site not in _SAME:
        return f"a page of another site may not do that (Sec-Fetch-Site: {site})"
    return None


def host_of(origin: str) -> str:
    """The name that an origin has as Host. Raises: ValueError for what is no origin of HTTP."""
    parts = urlsplit(origin)
    is_bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_bare:
        raise ValueError(f"expected http://host:port or https://host{found_words(origin)}")
    _ = parts.port  # raises ValueError for one out of range
    return parts.hostname


def _is_ours(host: str, names: Collection[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in names or is_loopback(name) or name.endswith(".localhost"):
        return bool(name)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
