"""What a start would have, as far as it is known before anything is fetched."""

from collections.abc import Mapping
from dataclasses import dataclass

from stack.alertmanager.part import alertmanager_address
from stack.dashboard.part import dashboard_part
from stack.parts import (
    START_ORDER,
    Address,
    Part,
    engine_part,
    gpu_exporter_part,
    portkey_address,
    prometheus_address,
    proxy_part,
)
from stack.portkey import route
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL
from stack.traffic.part import traffic_part
from stack.wish import Wish


@dataclass(frozen=True, slots=True)
class Wished:
    """Parts of ours by name, and every address that is listened on, each after whom it asks."""

    parts: Mapping[str, Part]
    addresses: tuple[Address, ...]


def wished(request: Request, wish: Wish, is_embedded: bool) -> Wished:
    """As processes of this machine; pure. `is_embedded`: the engine is what answers as Ollama."""
    settings, places = request.settings, request.places
    names = wish.parts | ({"engine"} if is_embedded else set())
    way = None
    if wish.through_gateway:
        way = route.route_through(settings, request.variables, places.repository)
    url = settings.ollama_url or DEFAULT_OLLAMA_URL
    proxy = proxy_part(settings, url, way)
    parts = {
        "engine": engine_part(settings, places),
        "proxy": proxy,
        "gpu-exporter": gpu_exporter_part(settings, url, proxy.addresses[1], None),
        "traffic": traffic_part(settings, [proxy]),
        "dashboard": dashboard_part(settings, [proxy], places.repository),
    }
    addresses = {name: part.addresses for name, part in parts.items()} | {
        "portkey": (portkey_address(settings),),
        "prometheus": (prometheus_address(settings),),
        "alertmanager": (alertmanager_address(settings),),
    }
    return Wished(
        {name: parts[name] for name in START_ORDER if name in names & parts.keys()},
        tuple(one for name in START_ORDER if name in names for one in addresses.get(name, ())),
    )
