"""The alerts that fire, as Prometheus says them, for a page. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from dashboard.messages import Alert
from ollama_observe.service.addresses import is_http_url

MOST = 50
"""The most urgent of them."""

_SEVERITIES = ("critical", "warning", "info")
_SHOWN_APART = ("alertname", "severity")


class Firing(msgspec.Struct, frozen=True):
    """An alert as `/api/v1/alerts` has it, or one that is about to fire."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    activeAt: datetime  # noqa: N815 (Prometheus's spelling)


def alerts(found: Iterable[Firing], runbook_url: str) -> list[Alert]:
    """Those that fire, the most urgent first, then the oldest.

    `runbook_url` is what the name of a section is added to; empty where there is no runbook.
    """
    firing = [_alert(one, runbook_url) for one in found if one.state == "firing"]
    return sorted(firing, key=_urgency)[:MOST]


def _alert(one: Firing, runbook_url: str) -> Alert:
    name = one.labels.get("alertname", "?")
    return Alert(
        name=name,
        severity=one.labels.get("severity", "none"),
        summary=one.annotations.get("summary", name),
        runbook_url=_link(name, one.annotations, runbook_url),
        since=one.activeAt.timestamp(),
        labels={key: one.labels[key] for key in one.labels if key not in _SHOWN_APART},
    )


def _link(name: str, annotations: Mapping[str, str], runbook_url: str) -> str:
    """Where to read on: the alert's own page, or its section of the runbook that was named."""
    own = annotations.get("runbook_url", "")
    if is_http_url(own):
        return own
    return f"{runbook_url}{name.lower()}" if runbook_url else ""


def _urgency(alert: Alert) -> tuple[int, float, str]:
    known = alert.severity in _SEVERITIES
    return (
        _SEVERITIES.index(alert.severity) if known else len(_SEVERITIES),
        alert.since,
        alert.name,
    )
