"""What failed, what was for nobody, and what only seems right."""

from dashboard.panels.model import Role
from dashboard.panels.trust import PANELS

BY_ID = {panel.id: panel for panel in PANELS}


def test_each_doubt_has_a_panel() -> None:
    doubts = ("errors", "aborts", "wasted-tokens", "incomplete", "truncations", "stalls")
    assert set(doubts) < set(BY_ID)


def test_what_may_fail_is_a_line() -> None:
    lines = [query for query in BY_ID["error-ratio"].queries if query.role is Role.THRESHOLD]
    assert [query.expr for query in lines] == ["vector(1 - ${slo_success_ratio})"]


def test_rare_things_are_counted_with_their_beginning() -> None:
    for name in ("errors", "aborts", "wasted-tokens", "incomplete", "truncations"):
        assert all("@{grown(" in query.expr for query in BY_ID[name].queries), name


def test_estimates_are_held_against_what_came() -> None:
    panel = BY_ID["prefill-estimates"]
    assert [query.role for query in panel.queries] == [Role.P50, Role.P50, Role.P95, Role.P95]
