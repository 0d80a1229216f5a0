"""Puts together what goes through the gateway, by the settings."""

import re

from ollama_observe.service.addresses import is_loopback
from proxy.pool import UpstreamPool, create_pool
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.gateway import Gateway
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.upstreams import seen_by_gateway, upstreams_of
from proxy.ways import Direct

_HOST = re.compile(r"[0-9A-Za-z._-]+|[0-9A-Fa-f:.]+")


def gateway_pool(settings: ProxySettings) -> UpstreamPool:
    """Connections to the Portkey gateway of the settings."""
    host = settings.portkey_host.lower()  # it answers 400 to a Host with capitals
    host = f"[{host}]" if ":" in host else host
    return create_pool(settings, f"http://{host}:{settings.portkey_port}")


def check_portkey_host(settings: ProxySettings) -> None:
    """Raises: ValueError for what is no host."""
    if not _HOST.fullmatch(settings.portkey_host):
        raise ValueError(f"expected a host name or address, found {settings.portkey_host!r}")


def check_portkey_port(settings: ProxySettings) -> None:
    """Raises: ValueError where the gateway would be the proxy itself."""
    own = {settings.port, settings.control_port}
    if settings.return_leg:
        first = settings.return_leg_port
        own.update(range(first, first + settings.workers))
    is_near = is_loopback(settings.portkey_host)
    if settings.enable_portkey and is_near and settings.portkey_port in own:
        raise ValueError(
            f"expected the gateway's port, found the proxy's own {settings.portkey_port}"
        )


def check_gateway(settings: ProxySettings) -> None:
    """Raises: ValueError, OSError for a configuration of the gateway that cannot be sent."""
    direct, config = Direct(create_pool(settings)), read_config(settings)
    create_gateway(settings, direct, Shared(), config, settings.return_leg_port)


def read_config(settings: ProxySettings) -> PortkeyConfig | None:
    """What the gateway is to be told, if anything. Raises: ValueError, OSError."""
    path = settings.portkey_config
    return PortkeyConfig.read(path) if path is not None else None


def create_gateway(
    settings: ProxySettings,
    direct: Direct,
    shared: Shared,
    config: PortkeyConfig | None,
    return_port: int,
) -> Gateway:
    """The way through the gateway of the settings. Raises: ValueError."""
    seen = seen_by_gateway(settings, upstreams_of(settings), return_port)
    return Gateway(settings, gateway_pool(settings), direct, shared.gateway, seen, config)
