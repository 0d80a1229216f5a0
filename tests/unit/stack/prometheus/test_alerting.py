import json
from datetime import UTC, datetime
from typing import Any

import pytest

from stack.prometheus.alerting import read

ACTIVE = {
    "labels": {"alertname": "OllamaDown", "severity": "critical", "job": "gpu-exporter"},
    "annotations": {"summary": "down", "description": "no answer", "runbook_url": "R#ollamadown"},
    "state": "firing",
    "activeAt": "2026-11-28T12:00:21.279346559Z",
    "value": "0e+00",
}


def rule(name: str = "OllamaDown", *active: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "alerting",
        "name": name,
        "duration": 60,
        "health": "ok",
        "alerts": list(active),
        **fields,
    }


def answer(*rules: dict[str, Any]) -> bytes:
    """What Prometheus answers, with one group for each rule."""
    groups = [{"name": "any", "interval": 5, "rules": [one]} for one in rules]
    return json.dumps({"status": "success", "data": {"groups": groups}}).encode()


def test_an_alert_is_read_with_its_times_labels_and_words() -> None:
    found = read(answer(rule("OllamaDown", ACTIVE), rule("ProxyDown")))
    assert found is not None
    (alert,) = found.alerts
    assert (alert.name, alert.state, alert.severity) == ("OllamaDown", "firing", "critical")
    assert alert.since == datetime(2026, 11, 28, 12, 0, 21, 279346, UTC)
    assert (alert.delay_seconds, alert.value) == (60, "0e+00")
    assert alert.labels == {"job": "gpu-exporter"}
    assert (alert.summary, alert.description) == ("down", "no answer")
    assert alert.runbook_url == "R#ollamadown"
    assert found.known == 2


def test_the_most_urgent_comes_first() -> None:
    def active(state: str, severity: str, minute: int) -> dict[str, Any]:
        at = f"2026-11-28T12:{minute:02}:00Z"
        return ACTIVE | {"state": state, "labels": {"severity": severity}, "activeAt": at}

    found = read(
        answer(
            rule("e", active("pending", "critical", 0)),
            rule("d", active("firing", "page", 0)),
            rule("c", active("firing", "info", 0)),
            rule("b", active("firing", "critical", 2)),
            rule("a", active("firing", "critical", 1)),
        )
    )
    assert found is not None
    assert [alert.name for alert in found.alerts] == ["a", "b", "c", "d", "e"]


def test_what_could_not_be_evaluated_is_told_also_of_what_alerts_are_made_of() -> None:
    failed = {"health": "err", "lastError": "many-to-many matching not allowed"}
    recording = {"type": "recording", "name": "a:b:c", **failed}
    found = read(answer(recording, rule("Late", health="unknown"), rule("Broken", **failed)))
    assert found is not None
    assert found.failed == dict.fromkeys(("a:b:c", "Broken"), failed["lastError"])
    assert (found.known, found.unjudged, found.alerts) == (2, 1, ())


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"\xff",
        b'{"status":"error","data":{"groups":[]}}',
        b'{"status":"success","data":{"groups":[{"rules":[{"name":3}]}]}}',
    ],
)
def test_something_else_s_answer_is_none(body: bytes) -> None:
    assert read(body) is None
