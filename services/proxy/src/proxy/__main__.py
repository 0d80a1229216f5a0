"""`python -m proxy`: serve until SIGTERM."""

import sys
from collections.abc import Callable, Mapping

import structlog

from ollama_observe.service.addresses import is_loopback
from ollama_observe.service.lifecycle import Listener, listening, run, until_stopped
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load
from proxy.app import create_proxy
from proxy.doors import check_gateway, gateway_pool, read_config
from proxy.portkey_config import PortkeyConfig
from proxy.settings import ProxySettings
from proxy.sockets import Sockets, bind_sockets
from proxy.upstreams import upstreams_of
from proxy.users import Users

_log = structlog.stdlib.get_logger("proxy")


async def serve_proxy(
    settings: ProxySettings, config: PortkeyConfig | None, arguments: list[str]
) -> None:
    """Serve the relay and the control app; the control app outlives the drain."""
    sockets = bind_sockets(settings)
    proxy = create_proxy(settings, sockets, arguments, config)
    control = Listener("control", proxy.control, settings.control_host, settings.control_port)
    await until_stopped(
        (listening(control), proxy.serving),
        proxy.readiness,
        relay=f"{settings.host}:{settings.port}",
        **_way_through(settings, sockets),
        control=f"{settings.control_host}:{settings.control_port}",
        workers=settings.workers,
        drain_seconds=settings.drain_seconds,
    )


def _way_through(settings: ProxySettings, sockets: Sockets) -> dict[str, object]:
    """What the log says at the start of the way through the gateway, where there is one."""
    if not settings.enable_portkey:
        return {}
    legs = [f"{settings.return_leg_host}:{sock.getsockname()[1]}" for sock in sockets.returns]
    return {"portkey": gateway_pool(settings).address, "return_legs": legs}


_CHECKS: Mapping[str, Callable[[ProxySettings], object]] = {
    "user_aliases_file": lambda settings: Users(settings, on_overflow=lambda: None),
    "upstreams": upstreams_of,
    "portkey_config": check_gateway,
}
"""What a setting's own type does not tell: the setting, and what raises where it is wrong."""


def warnings_of(settings: ProxySettings) -> dict[str, str]:
    """What the settings allow and an operator should know: event to advice."""
    found = {}
    if settings.user_header and not settings.user_salt.get_secret_value():
        found["user_salt_missing"] = "names can be guessed: set PROXY_USER_SALT"
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
    return found


def main() -> None:
    """Read the settings and serve."""
    settings = load(ProxySettings)
    for name, check in _CHECKS.items():
        try:
            check(settings)
        except (OSError, ValueError) as error:
            flag = name.replace("_", "-")
            sys.exit(f"proxy: PROXY_{name.upper()} (--{flag}): {error}")
    configure_logging("proxy", settings.log_level, settings.log_format)
    for event, advice in warnings_of(settings).items():
        _log.warning(event, advice=advice)
    config = read_config(settings)
    run(lambda: serve_proxy(settings, config, sys.argv[1:]))


if __name__ == "__main__":
    main()
