"""What panels are filled with. How rounds go is in test_poller.py, which plays them."""

from dashboard.rounds import slo_of
from dashboard.settings import DashboardSettings


def test_the_objectives_are_numbers() -> None:
    told = slo_of(DashboardSettings(_cli_parse_args=[]))
    assert told["slo_ttft_seconds"] == "5"
    assert told["slo_success_ratio"] == "0.99"
