"""The parts that watch the others: Alertmanager, Prometheus and the dashboard."""

from collections.abc import Collection, Sequence

from stack.alertmanager import configuration as alertmanager_configuration
from stack.alertmanager.part import alertmanager_of, alertmanager_part
from stack.console import step
from stack.dashboard.part import NAME, dashboard_part
from stack.parts import Part, prometheus_address, prometheus_part
from stack.prometheus import configuration, promtool
from stack.prometheus.sources import Binary, in_words
from stack.request import Request
from stack.setup import Fetched


def watchers(
    request: Request, arrives: Collection[str], fetched: Fetched, watched: Sequence[Part]
) -> list[Part]:
    """Those of them that arrive; `watched` are all that run beside them. Raises: StackError."""
    new = list[Part]()
    if fetched.alertmanager is not None:
        new.append(_alertmanager(request, fetched.alertmanager))
    if NAME in arrives:
        new.append(dashboard_part(request.settings, watched, request.places.repository))
    if fetched.prometheus is not None:
        new.append(_prometheus(request, fetched.prometheus, [*watched, *new]))
    return new


def _alertmanager(request: Request, binary: Binary) -> Part:
    step("alertmanager", in_words(binary))
    path = alertmanager_configuration.prepare(request, binary)
    return alertmanager_part(request.settings, request.places, binary.path, path)


def _prometheus(request: Request, binary: Binary, parts: list[Part]) -> Part:
    settings, places = request.settings, request.places
    step("prometheus", in_words(binary))
    addresses = {part.name: part.addresses for part in parts}
    first = {name: found[0] for name, found in addresses.items()}
    promtool.prepare(request, binary)
    rendered = configuration.render(
        (places.repository / configuration.TEMPLATE).read_text(encoding="utf-8"),
        settings.prometheus_scrape_interval_seconds,
        places.rules,
        proxy=addresses["proxy"][1],
        engine=first.get("engine"),
        gpu_exporter=first.get("gpu-exporter"),
        prometheus=prometheus_address(settings),
        alertmanager=alertmanager_of(settings, parts),
        traffic=first.get("traffic"),
        dashboard=first.get(NAME),
    )
    path = places.run / configuration.CONFIGURATION
    path.write_text(rendered, encoding="utf-8")
    return prometheus_part(settings, places, binary.path, path)
