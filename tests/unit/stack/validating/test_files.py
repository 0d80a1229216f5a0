import json
from pathlib import Path

import pytest

from stack.request import Request
from stack.validating.files import findings
from stack.validating.finding import Finding
from tests.dockers import World, world_at

TOOLS = ("promtool", "amtool")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A checkout, and a machine with tools that find nothing wrong."""
    found = world_at(tmp_path)
    for tool in TOOLS:
        put(found, tool, "exit 0")
    monkeypatch.setenv("PATH", f"{found.docker.folder}:/nowhere")
    return found


def put(world: World, program: str, script: str) -> None:
    path = world.docker.folder / program
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def found(request: Request) -> dict[str, Finding]:
    return {one.what: one for one in findings(request)}


def test_what_is_right_is_said_file_by_file(world: World) -> None:
    said = found(world.request())
    assert list(said) == ["rules", "prometheus", "alertmanager", "portkey"]
    assert all(one.is_ok for one in said.values())
    assert said["prometheus"].detail == "prometheus/compose.yml"


def test_a_gateway_s_configuration_is_read_as_the_proxy_reads_it(world: World) -> None:
    own = {"provider": "openai", "api_key": "k", "custom_hots": "http://a"}
    (world.folder / "portkey/mine.json").write_text(json.dumps(own))
    said = found(world.request(PROXY_PORTKEY_CONFIG="portkey/mine.json"))["portkey"]
    expected = "portkey/mine.json: custom_hots: unknown, did you mean custom_host?"
    assert (said.is_ok, said.detail) == (False, expected)
    (world.folder / "portkey/config.json").write_text("{")
    broken = found(world.request())["portkey"]
    assert broken.is_ok is False
    assert broken.detail.startswith("portkey/config.json: no JSON: ")


def test_a_gateway_s_configuration_is_not_called_wrong_where_no_proxy_is_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, "python", "echo \"ModuleNotFoundError: No module named 'proxy'\" >&2; exit 1")
    monkeypatch.setattr("sys.executable", str(world.docker.folder / "python"))
    said = found(world.request())["portkey"]
    expected = "portkey/config*.json: the proxy would read it, its packages are not here"
    assert (said.is_ok, said.detail) == (None, expected)


def test_prometheus_s_configuration_is_read_by_its_own_tool(world: World) -> None:
    put(
        world,
        "promtool",
        'if [ "$1 $2" = "check config" ]; then echo "FAILED: $4: bad"; exit 1; fi',
    )
    (world.folder / "mine.yml").write_text("scrape: []")
    for more, name in (
        ({"PROMETHEUS_CONFIG": "mine.yml"}, "mine.yml"),
        ({}, "prometheus/compose.yml"),
    ):
        said = found(world.request(**more))["prometheus"]
        expected = f"Prometheus does not take it: {world.folder / name}: bad"
        assert (said.is_ok, said.detail) == (False, expected)
    absent = found(world.request(PROMETHEUS_CONFIG="none.yml"))["prometheus"]
    assert absent.detail.startswith("PROMETHEUS_CONFIG: [Errno 2] No such file")


def test_other_settings_make_another_configuration_which_is_read(world: World) -> None:
    looks = 'while read -r line; do [ "$line" != "scrape_interval: 7s" ] || exit 0; done'
    put(world, "promtool", f'if [ "$2" = config ]; then {looks} <"$4"; exit 1; fi')
    said = found(world.request(PROMETHEUS_SCRAPE_INTERVAL_SECONDS="7"))["prometheus"]
    assert (said.is_ok, said.detail) == (True, "prometheus/compose.yml, as the settings make it")
    assert found(world.request())["prometheus"].is_ok is False


def test_what_nobody_here_can_look_at_is_not_called_right(world: World) -> None:
    for tool in TOOLS:
        (world.docker.folder / tool).unlink()
    said = found(world.request())
    assert said["rules"] == Finding(
        "rules",
        None,
        "prometheus/templates: it can be read; no promtool is here to look further",
    )
    assert said["prometheus"].is_ok is said["alertmanager"].is_ok is None
