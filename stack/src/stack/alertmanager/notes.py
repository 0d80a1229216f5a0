"""What the operator is told of Alertmanager beside the table: what is missing, who hears it."""

import re

from stack.alertmanager.part import NAME, alertmanager_address, is_ours
from stack.prometheus.sources import Binary
from stack.settings import ALERTMANAGER_SAMPLE, StackSettings

NOT_FOUND = (
    "no Alertmanager: it is not on PATH, and neither the official release nor a package could be "
    "fetched. Alerts are raised all the same; put `alertmanager` on PATH (Debian, Ubuntu: apt "
    "install prometheus-alertmanager; macOS: brew install alertmanager) and `make restart`."
)
UNFED = (
    "Alertmanager: with PROMETHEUS=off nobody here tells it of alerts; it waits for a Prometheus "
    "of your own"
)
_HIDES_ADDRESSES = (0, 26)


def notes(
    settings: StackSettings, arrives: frozenset[str], binary: Binary | None
) -> tuple[str, ...]:
    """Sentences about the Alertmanager of parts that arrive; `binary` is what was found for it."""
    if NAME in arrives:
        of_ours = (NOT_FOUND,) if binary is None else _of_ours(settings, binary.version)
        return (UNFED, *of_ours) if settings.prometheus == "off" else of_ours
    if "prometheus" not in arrives:
        return ()
    if settings.alertmanager == "on" and not is_ours(settings):
        url = alertmanager_address(settings).url
        return (f"Alertmanager: alerts go to {url}, which is not this stack's",)
    if settings.alertmanager == "off" and settings.alertmanager_webhook_url is not None:
        return ("Alertmanager: ALERTMANAGER_WEBHOOK_URL does nothing without ALERTMANAGER=on",)
    return ()


def hides_addresses(version: str) -> bool:
    """Whether an Alertmanager keeps a webhook's address out of its log and its page."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and tuple(map(int, found.groups())) >= _HIDES_ADDRESSES


def _of_ours(settings: StackSettings, version: str) -> tuple[str, ...]:
    if settings.alertmanager_config != ALERTMANAGER_SAMPLE:
        return ()
    if settings.alertmanager_webhook_url is None:
        return (
            "Alertmanager: tells nobody yet, ALERTMANAGER_WEBHOOK_URL or ALERTMANAGER_CONFIG "
            "says whom",
        )
    if hides_addresses(version):
        return ()
    return (
        f"Alertmanager {version} shows the webhook's address, without user and password, in its "
        "log where that does not answer, and to whoever asks it on this machine; 0.26 does not",
    )
