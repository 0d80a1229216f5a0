"""What the settings of the gateway allow and an operator should know."""

from ollama_observe.service.addresses import is_loopback
from proxy.portkey.config import PortkeyConfig
from proxy.settings import ProxySettings
from proxy.upstreams import seen_by_gateway, upstreams_of


def portkey_warnings(settings: ProxySettings, config: PortkeyConfig | None) -> dict[str, str]:
    """Event to advice."""
    found: dict[str, str] = {}
    if not settings.enable_portkey:
        return found
    if not settings.return_leg and not settings.allowed_hosts:
        found["host_guard_bypassed"] = (
            "through the gateway Ollama does not see clients' Host, by which it tells strange web "
            "pages apart: set PROXY_ALLOWED_HOSTS, or leave the return leg on"
        )
    if settings.return_leg and not settings.return_leg_name:
        is_near = is_loopback(settings.portkey_host)
        if is_loopback(settings.return_leg_host) and not is_near:
            found["return_leg_out_of_reach"] = (
                f"Portkey at {settings.portkey_host} cannot come back to "
                f"{settings.return_leg_host}: set PROXY_RETURN_LEG_HOST to an address that it "
                "reaches, or PROXY_RETURN_LEG=false"
            )
    elsewhere = _elsewhere(settings, config)
    if elsewhere:
        found["targets_past_the_proxy"] = (
            f"requests to {', '.join(elsewhere)} leave by the gateway for good: a client that "
            "leaves does not stop them, and the gateway's own time is not known; name them in "
            "PROXY_UPSTREAMS if they are your own"
        )
    return found


def _elsewhere(settings: ProxySettings, config: PortkeyConfig | None) -> list[str]:
    """The targets of a configuration that are none of the proxy's upstreams."""
    if config is None:
        return []
    seen = seen_by_gateway(settings, upstreams_of(settings), settings.return_leg_port)
    return sorted({host for host in config.hosts(seen) if host not in seen.values()})
