import json
from pathlib import Path

import pytest

from stack.request import read_request
from stack.validating import validate
from tests.dockers import World, world_at

TOOLS = ("promtool", "amtool")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A checkout, and a machine with an engine and tools that find nothing wrong."""
    found = world_at(tmp_path)
    found.docker.answers("config --quiet")
    found.docker.answers("compose version", "Docker Compose version 2.40.3")
    for tool in TOOLS:
        put(found, tool, "exit 0")
    monkeypatch.setenv("PATH", f"{found.docker.folder}:/nowhere")
    return found


def put(world: World, program: str, script: str) -> None:
    path = world.docker.folder / program
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def said(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """Each finding: what, whether, and the rest."""
    return [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]


def test_what_is_right_is_said_file_by_file(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(world.request()) == 0
    lines = said(capsys)
    of_files = ("settings", "rules", "prometheus", "alertmanager", "portkey")
    assert [line[:2] for line in lines[:5]] == [[name, "yes"] for name in of_files]
    assert lines[2][2] == "prometheus/compose.yml"
    gpu, amd, host = "compose.gpu.yaml", "compose.amd.yaml", "compose.host-ollama.yaml"
    together = ("", f":{gpu}", f":{amd}", f":{host}", f":{gpu}:{host}", f":{amd}:{host}")
    assert lines[5:] == [["compose", "yes", f"compose.yaml{more}"] for more in together]
    assert not any("info" in words.split() for words in world.docker.asked())


def test_an_operator_s_own_file_is_in_each_combination(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "compose.override.yaml").write_text("services: {}")
    assert validate(world.request()) == 0
    files = [line[2] for line in said(capsys) if line[0] == "compose"]
    assert len(files) == 6
    assert all(name.endswith(":compose.override.yaml") for name in files)
    assert world.docker.told("config --quiet")["COMPOSE_FILE"] == files[0]


def test_what_is_wrong_is_named_and_is_exit_code_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "portkey/config.json").write_text("{")
    world.docker.answers("config --quiet", code=15, complaint="services.proxy is bad")
    assert validate(world.request(COMPOSE_FILE="mine.yaml")) == 1
    *_, portkey, compose = said(capsys)
    assert portkey[1] == "no"
    assert portkey[2].startswith("portkey/config.json: no JSON: ")
    assert compose == ["compose", "no", "mine.yaml: services.proxy is bad"]


def test_what_compose_warns_of_is_shown(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.docker.answers("config --quiet", complaint="The WHERE variable is not set")
    assert validate(world.request(COMPOSE_FILE="mine.yaml")) == 0
    assert said(capsys)[-1] == ["compose", "yes", "mine.yaml: The WHERE variable is not set"]


def test_a_gateway_s_configuration_is_read_as_the_proxy_reads_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"provider": "openai", "api_key": "k", "custom_hots": "http://a"}
    (world.folder / "portkey/mine.json").write_text(json.dumps(own))
    assert validate(world.request(PROXY_PORTKEY_CONFIG="portkey/mine.json")) == 1
    (finding,) = [line for line in said(capsys) if line[0] == "portkey"]
    expected = "portkey/mine.json: custom_hots: unknown, did you mean custom_host?"
    assert finding[1:] == ["no", expected]


def test_prometheus_s_configuration_is_read_by_its_own_tool(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
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
        assert validate(world.request(**more)) == 1
        (finding,) = [line for line in said(capsys) if line[0] == "prometheus"]
        expected = f"Prometheus does not take it: {world.folder / name}: bad"
        assert finding[1:] == ["no", expected]
    assert validate(world.request(PROMETHEUS_CONFIG="none.yml")) == 1
    assert "PROMETHEUS_CONFIG: [Errno 2] No such file" in capsys.readouterr().out


def test_other_settings_make_another_configuration_which_is_read(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = 'while read -r line; do [ "$line" != "scrape_interval: 7s" ] || exit 0; done'
    put(world, "promtool", f'if [ "$2" = config ]; then {looks} <"$4"; exit 1; fi')
    assert validate(world.request(PROMETHEUS_SCRAPE_INTERVAL_SECONDS="7")) == 0
    assert "prometheus/compose.yml, as the settings make it" in capsys.readouterr().out
    assert validate(world.request()) == 1


def test_what_nobody_here_can_look_at_is_not_called_right(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for tool in TOOLS:
        (world.docker.folder / tool).unlink()
    assert validate(world.request()) == 0
    found = {line[0]: line[1:] for line in said(capsys)}
    assert found["rules"] == [
        "-",
        "prometheus/templates: it can be read; no promtool is here to look further",
    ]
    assert found["prometheus"][0] == found["alertmanager"][0] == "-"


@pytest.mark.parametrize("has_docker", [True, False])
def test_without_compose_its_files_are_not_looked_at(
    world: World, capsys: pytest.CaptureFixture[str], has_docker: bool
) -> None:
    world.docker.answers("compose version", code=1)
    path = world.docker.folder if has_docker else world.folder
    nowhere = {"PATH": str(path), "STACK_STATE_DIR": str(world.folder / "state")}
    assert validate(read_request(nowhere, world.folder)) == 0
    why = "docker has no Compose" if has_docker else "docker is not installed"
    assert said(capsys)[-1] == ["compose", "-", f"not looked at: {why}"]
