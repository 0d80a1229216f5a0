"""`python -m dashboard`: serve the page until SIGTERM."""

from dashboard.app import Dashboard
from dashboard.settings import DashboardSettings
from dashboard.wiring import dashboard_of
from ollama_observe.service.addresses import without_credentials
from ollama_observe.service.lifecycle import Listener, listening, run, until_stopped
from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load


async def serve(dashboard: Dashboard, settings: DashboardSettings) -> None:
    """Serve the page while the parts are asked; a taken port ends it before anything is."""
    listener = Listener("page", dashboard.app, settings.host, settings.port, has_websockets=True)
    await until_stopped(
        (listening(listener), dashboard.running()),
        dashboard.readiness,
        page=f"http://{settings.host}:{settings.port}",
        prometheus=settings.prometheus_url and without_credentials(settings.prometheus_url),
        proxy=without_credentials(settings.proxy_url),
    )


def main() -> None:
    """Read the settings and serve."""
    settings = load(DashboardSettings)
    configure_logging("dashboard", settings.log_level, settings.log_format)
    dashboard = dashboard_of(settings)
    run(lambda: serve(dashboard, settings))


if __name__ == "__main__":
    main()
