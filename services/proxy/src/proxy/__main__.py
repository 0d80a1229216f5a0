"""`python -m proxy`: serve until SIGTERM."""

import sys

import structlog

from ollama_observe.service.lifecycle import Listener, bind, listening, run, until_stopped
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load
from proxy.app import create_proxy
from proxy.settings import ProxySettings
from proxy.users import Users

_log = structlog.stdlib.get_logger("proxy")


async def serve_proxy(settings: ProxySettings, arguments: list[str]) -> None:
    """Serve the relay and the control app; the control app outlives the drain."""
    sock = bind("relay", settings.host, settings.port)
    proxy = create_proxy(settings, sock, arguments)
    control = Listener("control", proxy.control, settings.control_host, settings.control_port)
    await until_stopped(
        (listening(control), proxy.serving),
        proxy.readiness,
        relay=f"{settings.host}:{settings.port}",
        control=f"{settings.control_host}:{settings.control_port}",
        workers=settings.workers,
        drain_seconds=settings.drain_seconds,
    )


def main() -> None:
    """Read the settings and serve."""
    settings = load(ProxySettings)
    try:
        Users(settings, on_overflow=lambda: None)
    except (OSError, ValueError) as error:
        sys.exit(f"proxy: PROXY_USER_ALIASES_FILE (--user-aliases-file): {error}")
    configure_logging("proxy", settings.log_level, settings.log_format)
    if settings.user_header and not settings.user_salt.get_secret_value():
        _log.warning("user_salt_missing", advice="names can be guessed: set PROXY_USER_SALT")
    run(lambda: serve_proxy(settings, sys.argv[1:]))


if __name__ == "__main__":
    main()
