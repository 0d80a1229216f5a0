"""`python -m proxy`: serve until SIGTERM."""

from ollama_observe.service.lifecycle import Listener, run, serve
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load
from proxy.app import create_app
from proxy.connections import ClientConnection
from proxy.settings import ProxySettings
from proxy.upstream import AiohttpUpstream


async def serve_proxy(settings: ProxySettings) -> None:
    """Serve the relay and the control app; the control app outlives the drain."""
    upstream = AiohttpUpstream(str(settings.ollama_url), settings.connect_timeout_seconds)
    proxy = create_app(settings, upstream)
    listeners = (
        Listener(
            "relay",
            proxy.relay,
            settings.host,
            settings.port,
            keep_alive_seconds=settings.keep_alive_seconds,
            server_headers=False,
            protocol=ClientConnection,
        ),
        Listener("control", proxy.control, settings.control_host, settings.control_port),
    )
    try:
        await serve(listeners, proxy.readiness, settings.drain_seconds)
    finally:
        await upstream.close()


def main() -> None:
    """Read the settings and serve."""
    settings = load(ProxySettings)
    configure_logging("proxy", settings.log_level, settings.log_format)
    run(lambda: serve_proxy(settings))


if __name__ == "__main__":
    main()
