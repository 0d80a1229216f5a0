"""What was promised, what was kept, and what is left of what may be missed."""

import pytest

from dashboard.objectives import MISSED, objectives
from dashboard.settings import DashboardSettings
from tests.rules import recording_rules

TOLD = DashboardSettings(slo_success_ratio=0.99, slo_ttft_ratio=0.95)


def test_nobody_knows_what_was_not_measured() -> None:
    for one in objectives(TOLD, {}):
        assert (one.value, one.budget_left) == (None, None)


@pytest.mark.parametrize(
    ("missed", "value", "left"), [(0.0, 1.0, 1.0), (0.005, 0.995, 0.5), (0.02, 0.98, -1.0)]
)
def test_the_budget_is_of_what_may_be_missed(missed: float, value: float, left: float) -> None:
    success, ttft = objectives(TOLD, {"success": missed})
    assert success.value == pytest.approx(value)
    assert success.budget_left == pytest.approx(left)
    assert (success.objective, success.window) == (0.99, "3 d")
    assert ttft.value is None


def test_the_title_says_what_is_on_time() -> None:
    assert objectives(TOLD, {})[1].title == "first token within 5 s"


def test_prometheus_records_what_is_asked_for() -> None:
    assert set(MISSED.values()) <= set(recording_rules())
