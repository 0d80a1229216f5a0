"""The Ollamas that there are: the one that requests go to, and others for the gateway."""

import re
import socket
from collections.abc import Mapping

from ollama_observe.service.addresses import is_http_url, without_credentials
from proxy.settings import ProxySettings

MAIN = "ollama"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})


def upstreams_of(settings: ProxySettings) -> dict[str, str]:
    """Name to URL, the main one first. Raises: ValueError naming the entry that is wrong."""
    found = {MAIN: str(settings.ollama_url).rstrip("/")}
    entries = [part.strip() for part in settings.upstreams.split(",")]
    for number, entry in enumerate(filter(None, entries), 1):
        name, _, url = (part.strip() for part in entry.partition("="))
        if not _NAME.fullmatch(name):  # what stands there may be an address with a password
            raise ValueError(f"expected name=http://host:port, found another entry {number}")
        if name in found:
            raise ValueError(f"expected each name once, found {name!r} twice")
        if not is_http_url(url):
            raise ValueError(f"expected {name!r} to be http://host:port, found another address")
        found[name] = url.rstrip("/")
    return found


def seen_by_gateway(
    settings: ProxySettings, upstreams: Mapping[str, str], port: int
) -> dict[str, str]:
    """Name to the address under which the gateway reaches each: by the return leg at `port`.

    Without a return leg, the Ollama's own, without credentials: they go as a header.
    """
    if not settings.return_leg:
        return {name: without_credentials(url) for name, url in upstreams.items()}
    host = settings.return_leg_name or settings.return_leg_host
    if host in _EVERY_ADDRESS:
        host = socket.gethostname()
    host = f"[{host}]" if ":" in host else host
    return {name: f"http://{host}:{port}/to/{name}" for name in upstreams}
