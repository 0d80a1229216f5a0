from pathlib import Path

import pytest

from stack.alertmanager.notes import NOT_FOUND, UNFED, hides_addresses, notes
from stack.prometheus.sources import Binary
from stack.settings import parse

BOTH = frozenset({"prometheus", "alertmanager"})
OLD = Binary(Path("/a"), "from PATH", "0.25.0")
NEW = Binary(Path("/a"), "official release", "0.33.1")
HOOK = {"ALERTMANAGER_WEBHOOK_URL": "https://hooks.example/key"}


def test_one_that_cannot_be_had_is_said_with_what_to_install() -> None:
    assert notes(parse({"ALERTMANAGER": "on"}), BOTH, None) == (NOT_FOUND,)
    assert "apt install prometheus-alertmanager" in NOT_FOUND
    assert "make restart" in NOT_FOUND


def test_one_that_tells_nobody_says_so() -> None:
    (note,) = notes(parse({"ALERTMANAGER": "on"}), BOTH, NEW)
    assert "tells nobody yet" in note
    assert "ALERTMANAGER_WEBHOOK_URL or ALERTMANAGER_CONFIG" in note


@pytest.mark.parametrize("variables", [HOOK, {"ALERTMANAGER_CONFIG": "my.yml"}])
def test_of_one_that_tells_somebody_there_is_nothing_to_say(variables: dict[str, str]) -> None:
    assert notes(parse({"ALERTMANAGER": "on", **variables}), BOTH, NEW) == ()


def test_one_that_shows_the_webhook_s_address_is_named_without_showing_it() -> None:
    (note,) = notes(parse({"ALERTMANAGER": "on", **HOOK}), BOTH, OLD)
    assert note.startswith("Alertmanager 0.25.0 shows the webhook's address")
    assert "hooks.example" not in note


def test_where_alerts_go_to_another_machine_it_is_named() -> None:
    settings = parse({"ALERTMANAGER": "on", "ALERTMANAGER_HOST": "am.example"})
    (note,) = notes(settings, frozenset({"prometheus"}), None)
    assert "http://am.example:9093" in note
    assert notes(settings, frozenset({"proxy"}), None) == ()


def test_a_webhook_without_an_alertmanager_is_said_to_do_nothing() -> None:
    (note,) = notes(parse(HOOK), frozenset({"prometheus"}), None)
    assert "ALERTMANAGER_WEBHOOK_URL does nothing without ALERTMANAGER=on" in note
    assert notes(parse({}), frozenset({"prometheus"}), None) == ()


def test_one_that_no_prometheus_of_ours_tells_says_so() -> None:
    variables = {"ALERTMANAGER": "on", "PROMETHEUS": "off", **HOOK}
    assert notes(parse(variables), frozenset({"alertmanager"}), NEW) == (UNFED,)
    assert "PROMETHEUS=off" in UNFED


@pytest.mark.parametrize(
    ("version", "hides"),
    [("0.25.0", False), ("0.26.0", True), ("0.28.1+ds", True), ("1.0.0", True), ("?", False)],
)
def test_addresses_are_hidden_from_the_version_that_began_to(version: str, hides: bool) -> None:
    assert hides_addresses(version) is hides
