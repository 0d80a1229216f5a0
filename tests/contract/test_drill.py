"""The drill and the alerts agree: each alert is drilled, and nothing else is."""

from drill.scenarios import ROUNDS, names
from tests.rules import rules


def alerts() -> list[str]:
    """As prometheus/rules has them."""
    return [rule["alert"] for found in rules().values() for rule in found if "alert" in rule]


def test_every_alert_is_drilled_and_no_other() -> None:
    assert sorted(set(names())) == sorted(alerts())


def test_what_a_scenario_may_set_off_is_an_alert() -> None:
    assert {name for round_ in ROUNDS for s in round_ for name in s.may} <= set(alerts())


def test_of_two_scenarios_with_an_alert_each_knows_its_own() -> None:
    for round_ in ROUNDS:
        fired = [(alert.name, tuple(alert.labels.items())) for s in round_ for alert in s.fires]
        assert len(fired) == len(set(fired))
