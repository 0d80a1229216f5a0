"""What every panel is marked with."""

from dashboard.panels.marks import PANELS
from dashboard.panels.model import Kind


def test_loads_alerts_and_runs_are_marks_and_say_of_what() -> None:
    assert {panel.id: panel.queries[0].name for panel in PANELS} == {
        "mark-loads": "{model}",
        "mark-alerts": "{alertname}",
        "mark-traffic": "run",
    }
    assert all(panel.kind is Kind.MARKS for panel in PANELS)
