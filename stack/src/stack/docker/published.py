"""The addresses that containers' ports are published on, which Docker takes as addresses alone."""

import ipaddress

from stack.errors import UnfitError
from stack.settings import StackSettings

OF_PORTS = (
    *("engine_host", "proxy_host", "proxy_control_host", "gpu_exporter_host"),
    *("traffic_worker_host", "dashboard_host", "prometheus_host", "grafana_host"),
    *("ollama_bind", "portkey_bind"),
)
"""The settings that say them."""


def published_on(settings: StackSettings) -> dict[str, str]:
    """What Compose is told in place of `localhost`. Raises: UnfitError for what is no address.

    Of IPv4 alone: the files write `address:port`, in which colons are none of the address's.
    """
    told = {name.upper(): str(getattr(settings, name)) for name in OF_PORTS}
    sentences = [
        f"{name}: containers are published on an address of IPv4, found {value!r}"
        for name, value in told.items()
        if value != "localhost" and not _is_ipv4(value)
    ]
    if sentences:
        raise UnfitError("\n".join(sentences))
    return {name: "127.0.0.1" for name, value in told.items() if value == "localhost"}


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
