"""The replicas behind a name, as the DNS of a container engine tells them: one address each."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

Resolve = Callable[..., Sequence[tuple[Any, ...]]]


def each_of(url: str, resolve: Resolve = socket.getaddrinfo) -> tuple[str, ...]:
    """The address of each replica that answers to a URL's name; empty while nobody has the name.

    Where it is one the URL stays as it is, and is looked up whenever it is connected to. So does
    one of https: its name is what proves who answers. `resolve` is the system's; it may take long.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return (url,)
    try:
        # IPv4 alone, as Prometheus is told: else `localhost` would be two
        found = resolve(parts.hostname, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    addresses = sorted({ipaddress.IPv4Address(one[4][0]) for one in found})
    if len(addresses) < 2:
        return (url,)
    before, at, place = parts.netloc.rpartition("@")
    port = place[len(parts.hostname) :]
    return tuple(
        urlunsplit(parts._replace(netloc=f"{before}{at}{address}{port}")) for address in addresses
    )
