from pathlib import Path

import pytest

from stack.alertmanager.part import (
    alertmanager_address,
    alertmanager_of,
    alertmanager_part,
    is_ours,
)
from stack.parts import Part
from stack.places import places_of
from stack.settings import parse


def part(**variables: str) -> Part:
    settings = parse({"ALERTMANAGER": "on", **variables})
    return alertmanager_part(settings, places_of(settings, Path("/r")), Path("/a"), Path("/c"))


def test_it_listens_on_the_loopback_alone_and_for_no_others_of_its_kind() -> None:
    found = part()
    assert found.command[:2] == ("/a", "--config.file=/c")
    assert "--web.listen-address=127.0.0.1:9093" in found.command
    assert "--cluster.listen-address=" in found.command
    assert "--storage.path=/r/.local/alertmanager-data" in found.command
    assert found.ready_url == "http://127.0.0.1:9093/-/ready"
    assert found.environment == {}


def test_its_messages_link_to_where_it_answers() -> None:
    found = part(ALERTMANAGER_HOST="::1", ALERTMANAGER_PORT="19093")
    assert "--web.listen-address=[::1]:19093" in found.command
    assert "--web.external-url=http://[::1]:19093" in found.command


@pytest.mark.parametrize(
    ("host", "ours"),
    [("127.0.0.1", True), ("localhost", True), ("127.0.0.2", True), ("am.example", False)],
)
def test_what_is_on_the_loopback_is_this_machine_s_to_start(host: str, ours: bool) -> None:
    assert is_ours(parse({"ALERTMANAGER_HOST": host})) is ours


def test_prometheus_is_told_of_the_one_that_runs() -> None:
    running = part(ALERTMANAGER_PORT="19093")
    assert alertmanager_of(parse({}), [running]) == running.addresses[0]


def test_prometheus_is_told_of_one_elsewhere_that_is_wanted() -> None:
    variables = {"ALERTMANAGER_HOST": "am.example"}
    wanted = parse({**variables, "ALERTMANAGER": "on"})
    assert alertmanager_of(wanted, []) == alertmanager_address(wanted)
    assert alertmanager_of(parse(variables), []) is None


def test_prometheus_is_told_of_none_where_none_could_be_had() -> None:
    assert alertmanager_of(parse({"ALERTMANAGER": "on"}), []) is None
