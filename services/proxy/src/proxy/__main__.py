"""`python -m proxy`: serve until SIGTERM."""

import sys

import structlog

from ollama_observe.service.lifecycle import Listener, listening, run, until_stopped
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load
from proxy.app import create_proxy
from proxy.checks import mistake_in, warnings_of
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.making import gateway_pool, read_config
from proxy.settings import ProxySettings
from proxy.sockets import Sockets, bind_sockets

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


def main() -> None:
    """Read the settings and serve."""
    settings = load(ProxySettings)
    mistake = mistake_in(settings)
    if mistake is not None:
        sys.exit(f"proxy: {mistake}")
    config = read_config(settings)
    configure_logging("proxy", settings.log_level, settings.log_format)
    for event, advice in warnings_of(settings, config).items():
        _log.warning(event, advice=advice)
    run(lambda: serve_proxy(settings, config, sys.argv[1:]))


if __name__ == "__main__":
    main()
