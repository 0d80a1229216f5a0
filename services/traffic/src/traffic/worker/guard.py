"""Who may change something: a program of this machine, and no page in its browser.

A browser says which page a request comes from, and lets a page of anywhere send simple ones to the
loopback. A page that has this machine's address under a name of its own is seen by the Host.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from traffic.target.nearness import is_local

SERVICE = "traffic"
"""The name of the worker's container."""

_SAME = frozenset({"none", "same-origin"})


def refusal(headers: Mapping[str, str], own_host: str) -> str | None:
    """Why a request that changes something is refused; None for one that may."""
    host = headers.get("host", "")
    if not _is_ours(host, own_host):
        return f"expected this machine's name or an address as Host, found {host!r}"
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return f"a page of {origin} may not do that"
    site = headers.get("sec-fetch-site", "none")
    if site not in _SAME:
        return f"a page of another site may not do that (Sec-Fetch-Site: {site})"
    return None


def _is_ours(host: str, own_host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if is_local(name) or name in (SERVICE, own_host):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
