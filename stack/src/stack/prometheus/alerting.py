"""What a Prometheus says of its alerts: the answer to `/api/v1/rules`, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ValidationError

STATES = ("firing", "pending")
SEVERITIES = ("critical", "warning", "info")
_SHOWN_APART = ("alertname", "severity")


class _Active(BaseModel):
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    state: str
    activeAt: datetime  # noqa: N815 (Prometheus's spelling)
    value: str


class _Rule(BaseModel):
    type: str
    name: str
    duration: float = 0
    health: str
    lastError: str = ""  # noqa: N815
    alerts: list[_Active] = []


class _Group(BaseModel):
    rules: list[_Rule]


class _Groups(BaseModel):
    groups: list[_Group]


class _Answer(BaseModel):
    status: Literal["success"]
    data: _Groups


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert that fires or is about to. Its texts are as Prometheus has them: not escaped.

    Units: `since` is UTC, when its condition began to hold; `delay_seconds` is how long it must
    hold for the alert to fire; `value` is in the rule's own unit.
    """

    name: str
    state: str
    severity: str
    since: datetime
    delay_seconds: float
    value: str
    labels: Mapping[str, str]
    summary: str
    description: str
    runbook_url: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one Prometheus says, the most urgent alert first.

    `known` counts its alerts, `unjudged` those that it has not looked at yet. `failed` are rules
    that it cannot evaluate, of alerts and of what alerts are made of, with the reason.
    """

    alerts: tuple[Alert, ...]
    known: int
    unjudged: int
    failed: Mapping[str, str]


def read(body: bytes) -> Findings | None:
    """The findings; None where the answer is something else's."""
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError:
        return None
    rules = [rule for group in answer.data.groups for rule in group.rules]
    alerting = [rule for rule in rules if rule.type == "alerting"]
    found = [_alert(rule, active) for rule in alerting for active in rule.alerts]
    return Findings(
        alerts=tuple(sorted(found, key=_urgency)),
        known=len(alerting),
        unjudged=sum(rule.health == "unknown" for rule in alerting),
        failed={rule.name: rule.lastError for rule in rules if rule.health == "err"},
    )


def _alert(rule: _Rule, active: _Active) -> Alert:
    labels = {k: v for k, v in sorted(active.labels.items()) if k not in _SHOWN_APART}
    return Alert(
        name=rule.name,
        state=active.state,
        severity=active.labels.get("severity", ""),
        since=active.activeAt.astimezone(UTC),
        delay_seconds=rule.duration,
        value=active.value,
        labels=labels,
        summary=active.annotations.get("summary", ""),
        description=active.annotations.get("description", ""),
        runbook_url=active.annotations.get("runbook_url", ""),
    )


def _urgency(alert: Alert) -> tuple[int, int, datetime]:
    return _place(alert.state, STATES), _place(alert.severity, SEVERITIES), alert.since


def _place(value: str, order: Sequence[str]) -> int:
    return order.index(value) if value in order else len(order)
