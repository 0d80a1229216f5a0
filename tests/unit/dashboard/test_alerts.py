"""Alerts for people: those that fire, the worst first, with a link that a browser can follow."""

from datetime import UTC, datetime

import pytest

from dashboard.alerts import MOST, Firing, alerts

BEGAN = datetime(2026, 11, 28, 12, tzinfo=UTC)
RUNBOOK = "https://wiki/runbook#"


def firing(name: str = "ProxyDown", severity: str = "critical", **more: object) -> Firing:
    given = {
        "labels": {"alertname": name, "severity": severity, "job": "proxy"},
        "annotations": {"summary": f"{name} happened"},
        "state": "firing",
        "activeAt": BEGAN,
    }
    return Firing(**(given | more))  # type: ignore[arg-type]


def test_an_alert_says_what_since_when_and_of_whom() -> None:
    (alert,) = alerts([firing()], RUNBOOK)
    assert alert.summary == "ProxyDown happened"
    assert alert.since == BEGAN.timestamp()
    assert alert.labels == {"job": "proxy"}
    assert alert.runbook_url == f"{RUNBOOK}proxydown"


@pytest.mark.parametrize(
    ("own", "runbook", "link"),
    [
        ("https://own/page#x", RUNBOOK, "https://own/page#x"),
        ("docs/RUNBOOK.md#proxydown", RUNBOOK, f"{RUNBOOK}proxydown"),
        ("docs/RUNBOOK.md#proxydown", "", ""),
        ("javascript:alert(1)", "", ""),
    ],
)
def test_a_link_is_one_that_a_browser_can_follow(own: str, runbook: str, link: str) -> None:
    (alert,) = alerts([firing(annotations={"runbook_url": own})], runbook)
    assert (alert.runbook_url, alert.summary) == (link, "ProxyDown")


def test_what_is_about_to_fire_does_not_fire() -> None:
    assert alerts([firing(state="pending")], RUNBOOK) == []


def test_the_worst_come_first_and_there_are_so_many_at_most() -> None:
    found = [firing("A", "info"), firing("B", "strange"), firing("C", "warning"), firing("D")]
    assert [alert.name for alert in alerts(found, "")] == ["D", "C", "A", "B"]
    assert len(alerts([firing()] * (MOST + 1), "")) == MOST
