"""The dashboard as a part of the stack: it shows what the others do."""

import sys
from collections.abc import Iterable
from pathlib import Path

from ollama_observe.service.addresses import is_http_url
from stack.parts import Address, Part, prometheus_address
from stack.settings import StackSettings
from stack.traffic.part import traffic_address

NAME = "dashboard"


def dashboard_address(settings: StackSettings) -> Address:
    """Where the page is."""
    return Address(NAME, settings.dashboard_host, settings.dashboard_port, "DASHBOARD_PORT")


def told(settings: StackSettings, parts: Iterable[Part], repository: Path) -> dict[str, str]:
    """Where the parts answer and what was promised, as the dashboard's variables.

    What was not started here is where the settings say, unless they say that there is none.
    """
    addresses = _addresses(settings) | {
        part.name: part.addresses[1 if part.name == "proxy" else 0].url for part in parts
    }
    return {
        "DASHBOARD_HOST": settings.dashboard_host,
        "DASHBOARD_PORT": str(settings.dashboard_port),
        "DASHBOARD_PROXY_URL": addresses["proxy"],
        "DASHBOARD_PROMETHEUS_URL": addresses["prometheus"],
        "DASHBOARD_GPU_EXPORTER_URL": addresses["gpu-exporter"],
        "DASHBOARD_TRAFFIC_URL": addresses["traffic"],
        **_runbook(settings.prometheus_runbook_url, repository),
        "DASHBOARD_SCRAPE_INTERVAL_SECONDS": str(settings.prometheus_scrape_interval_seconds),
        "DASHBOARD_SLO_SUCCESS_RATIO": f"{settings.slo_success_ratio:g}",
        "DASHBOARD_SLO_TTFT_SECONDS": f"{settings.slo_ttft_seconds:g}",
        "DASHBOARD_SLO_TTFT_RATIO": f"{settings.slo_ttft_ratio:g}",
        "DASHBOARD_SLO_DURATION_SECONDS": f"{settings.slo_duration_seconds:g}",
    }


def dashboard_part(settings: StackSettings, parts: Iterable[Part], repository: Path) -> Part:
    """The dashboard; `parts` are those that run beside it."""
    address = dashboard_address(settings)
    return Part(
        name=NAME,
        command=(sys.executable, "-m", "dashboard"),
        addresses=(address,),
        ready_url=f"{address.url}/ready",
        ready_within_seconds=30.0,
        stop_seconds=10.0,
        environment=told(settings, parts, repository),
    )


def _runbook(page: str, repository: Path) -> dict[str, str]:
    """Where it is for a browser; a file of the checkout is shown by the dashboard."""
    if is_http_url(page):
        return {"DASHBOARD_RUNBOOK_URL": page}
    return {"DASHBOARD_RUNBOOK_FILE": str(repository / page)}


def _addresses(settings: StackSettings) -> dict[str, str]:
    control = Address("proxy", settings.proxy_control_host, settings.proxy_control_port, "")
    exporter = Address("", settings.gpu_exporter_host, settings.gpu_exporter_port, "")
    return {
        "proxy": control.url,
        "prometheus": "" if settings.prometheus == "off" else prometheus_address(settings).url,
        "gpu-exporter": "" if settings.gpu_exporter == "off" else exporter.url,
        "traffic": "" if settings.traffic == "off" else traffic_address(settings).url,
    }
