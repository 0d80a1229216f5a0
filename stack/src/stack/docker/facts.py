"""What is there that a choice of files depends on: cards, an Ollama outside of our containers."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback
from stack import here, probes
from stack.docker.choice import OWN, Facts
from stack.docker.containers import Container
from stack.docker.engine import Engine, asked
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL

_AMD = (Path("/dev/kfd"), Path("/dev/dri"))
_GATEWAYS = ("--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}")


def look(request: Request, engine: Engine, ours: Iterable[Container]) -> Facts:
    """Look and ask; `ours` are the project's containers, of which one may answer as Ollama."""
    url = request.settings.ollama_url or DEFAULT_OLLAMA_URL
    version = None if is_ours(url, ours) else probes.ollama_version(url)
    host = urlsplit(url).hostname or ""
    return Facts(
        has_nvidia="nvidia" in engine.runtimes,
        has_amd=all(path.exists() for path in _AMD),
        has_own_file=(request.places.repository / OWN).is_file(),
        version=version,
        is_reached=version is not None and _is_reached(request, engine, url),
        is_elsewhere=not here.is_here(host, here.own_names(), here.own_addresses()),
    )


def is_ours(url: str, ours: Iterable[Container]) -> bool:
    """Whether a container of the project has that port: it is no Ollama of the machine; pure."""
    parts = urlsplit(url)
    published = {port for one in ours if one.is_running for _, port in one.ports.values()}
    return is_loopback(parts.hostname or "") and (parts.port or 80) in published


def _is_reached(request: Request, engine: Engine, url: str) -> bool:
    """Whether containers reach it: at the address that they know this machine by."""
    if engine.is_desktop or not is_loopback(urlsplit(url).hostname or ""):
        return True
    gateways = (asked(request.variables, "network", "inspect", "bridge", *_GATEWAYS) or "").split()
    port = urlsplit(url).port or 80
    return any(
        probes.ollama_version(f"http://{address}:{port}") is not None
        for address in gateways
        if ":" not in address
    )
