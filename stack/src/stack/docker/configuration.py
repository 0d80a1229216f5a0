"""What Prometheus is told in its container, where the settings ask for other than is committed."""

import hashlib
import shutil
from pathlib import Path

from ollama_observe.service.addresses import is_loopback
from stack.alertmanager.part import alertmanager_address
from stack.prometheus import rules
from stack.prometheus.configuration import TEMPLATE
from stack.prometheus.discovery import in_containers
from stack.prometheus.objectives import Objectives
from stack.request import Request
from stack.settings import StackSettings

_FOLDER = "prometheus-in-its-container"
_OF_RULES = (*Objectives.model_fields, "prometheus_runbook_url", "prometheus_rules_time_scale")


def told(request: Request) -> dict[str, str]:
    """The variables that name its files, written where they are not the committed ones.

    An operator's own win. A folder is named by what it holds: another content is another path, and
    Compose makes the container anew.
    """
    settings, repository = request.settings, request.places.repository
    found = dict[str, str]()
    if settings.prometheus_config is not None:
        found["PROMETHEUS_CONFIG"] = str(repository / settings.prometheus_config)
    elif has_other_scrapes(settings):
        template = (repository / TEMPLATE).read_text(encoding="utf-8")
        found["PROMETHEUS_CONFIG"] = str(_written(request, rendered(template, settings)))
    if settings.prometheus_rules is not None:
        found["PROMETHEUS_RULES"] = str(repository / settings.prometheus_rules)
    elif has_other_rules(settings):
        found["PROMETHEUS_RULES"] = str(_rules(request))
    return found


def rendered(template: str, settings: StackSettings) -> str:
    """The configuration with the settings' interval, exporter and Alertmanager; pure."""
    alertmanager = alertmanager_address(settings) if _is_told_of_alertmanager(settings) else None
    interval = settings.prometheus_scrape_interval_seconds
    return in_containers(template, interval, alertmanager, settings.gpu_exporter != "off")


def has_other_scrapes(settings: StackSettings) -> bool:
    """Whether the configuration of these settings is not the committed one; pure."""
    default = StackSettings.model_fields["prometheus_scrape_interval_seconds"].default
    is_other = settings.prometheus_scrape_interval_seconds != default
    return is_other or settings.gpu_exporter == "off" or _is_told_of_alertmanager(settings)


def _is_told_of_alertmanager(settings: StackSettings) -> bool:
    return settings.alertmanager == "on" and not is_loopback(settings.alertmanager_host)


def has_other_rules(settings: StackSettings) -> bool:
    """Whether the rules of these settings are not the committed ones; pure."""
    fields = StackSettings.model_fields
    return any(getattr(settings, name) != fields[name].default for name in _OF_RULES)


def _written(request: Request, configuration: str) -> Path:
    folder = _folder(request) / f"config-{_digest(configuration)}"
    _readable_folder(folder)
    path = folder / "prometheus.yml"
    path.write_text(configuration, encoding="utf-8")
    path.chmod(0o644)  # Prometheus is another user there
    return path


def _rules(request: Request) -> Path:
    partial = _folder(request) / "rules"
    rules.write(request.places.repository, partial, request.settings)
    contents = sorted(path.read_text(encoding="utf-8") for path in partial.iterdir())
    folder = _folder(request) / f"rules-{_digest(''.join(contents))}"
    if folder.exists():  # a container may have it
        shutil.rmtree(partial)
    else:
        partial.replace(folder)
    _readable_folder(folder)
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


def _folder(request: Request) -> Path:
    return request.places.run / _FOLDER


def _readable_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
