"""Every rule is played: each alert fires and stays quiet, each recorded series has a value.

promtool plays them: tests/contract/test_rules.py.
"""

import pytest

from tests.rules import (
    CLOSED,
    Scenario,
    alerts,
    made_of,
    parsed,
    recording_rules,
    scenarios,
    values_of,
)

ALERTS = alerts()
SCENARIOS = scenarios()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_fires_in_a_scenario_and_not_before_or_after(name: str) -> None:
    played = [[check["exp_alerts"] for check in one.checks_of(name)] for one in SCENARIOS]
    firing = [checks for checks in played if any(checks)]
    assert any(not checks[0] and not checks[-1] for checks in firing)
    words = [alert["exp_annotations"] for checks in firing for fired in checks for alert in fired]
    assert all(set(one) == set(ALERTS[name]["annotations"]) for one in words)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_stays_quiet_in_a_scenario_that_has_its_series_and_in_one_without(
    name: str,
) -> None:
    series = made_of(ALERTS[name]["expr"])
    quiet = [one.inputs & series for one in SCENARIOS if one.is_quiet_about(name)]
    own = series - {"up"} or series
    assert any(inputs & own for inputs in quiet)
    assert any(not inputs & (series - {"up"}) for inputs in quiet)


@pytest.mark.parametrize("record", recording_rules())
def test_a_recorded_series_has_a_value_in_a_scenario(record: str) -> None:
    assert any(one.shows(record) for one in SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.file}: {one.name}")
def test_a_scenario_plays_only_what_there_could_be(scenario: Scenario) -> None:
    for series in scenario.series:
        (selector,) = parsed(series).selectors
        for matcher in selector.matchers:
            known = values_of(selector, matcher.label) if matcher.label in CLOSED else None
            assert known is None or matcher.value in known, f"{series}: {matcher.label}"


def test_scenarios_have_names_of_their_own_within_a_file() -> None:
    names = [(one.file, one.name) for one in SCENARIOS]
    assert len(set(names)) == len(names)
