import json
from pathlib import Path

import pytest

from stack.docker.engine import (
    carried_out,
    elsewhere,
    engine_of,
    is_here,
    look,
    numbers,
    output_of,
    require_here,
    why_silent,
)
from stack.errors import UnfitError
from tests.dockers import INFO, Docker


def test_an_engine_with_compose_is_what_it_says(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.has_engine(Runtimes={"runc": {}, "nvidia": {}}, DockerRootDir="/var/lib/docker")
    found = look(docker.environment)
    assert (found.version, found.compose) == ("28.5.2", "2.40.3")
    assert found.runtimes == {"runc", "nvidia"}
    assert not found.is_desktop
    assert found.folder == "/var/lib/docker"


def test_without_the_command_nobody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match=r"docker is not installed: .*install"):
        look({"PATH": str(tmp_path)})
    said = str(why_silent({"PATH": str(tmp_path)}))
    assert said.startswith("docker is not installed: ")
    assert said.endswith("; or RUNTIME=local make start")


def test_an_engine_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("context inspect", "unix:///var/run/docker.sock")
    docker.answers("info", code=1, complaint="permission denied: unix:///var/run/docker.sock")
    with pytest.raises(UnfitError, match="no Docker engine answers: Docker's socket is not open"):
        look(docker.environment)
    said = str(why_silent(docker.environment))
    assert said.startswith(
        "Docker's socket is not open to you (unix:///var/run/docker.sock): sudo "
    )
    assert said.endswith("; or RUNTIME=local make start")
    docker.answers("info", json.dumps({"ServerErrors": ["connection refused"]}))
    with pytest.raises(UnfitError, match="no Docker engine answers: the Docker engine does not ru"):
        look(docker.environment)


def test_an_engine_without_compose_is_why_compose_says_nothing(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.has_engine(ClientInfo={"Plugins": []})
    said = str(why_silent(docker.environment))
    assert said.startswith("Docker has no Compose: ")
    assert said.endswith("; or RUNTIME=local make start")
    docker.has_engine()
    assert str(why_silent(docker.environment)).startswith("`docker compose ps` fails, where")


@pytest.mark.parametrize("said", ["", "host:", "[1]"])
def test_another_program_of_that_name_is_no_engine(tmp_path: Path, said: str) -> None:
    docker = Docker(tmp_path)
    docker.answers("context inspect", "unix:///var/run/docker.sock")
    docker.answers("info", said)
    with pytest.raises(UnfitError, match="does not answer in JSON"):
        look(docker.environment)


def test_another_machine_s_engine_is_not_used(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.has_engine()
    assert elsewhere(docker.environment) is None
    docker.answers("context inspect", "ssh://somebody@elsewhere")
    with pytest.raises(UnfitError, match=r"another machine's \(ssh://elsewhere, by DOCKER_HOST"):
        look(docker.environment)
    with pytest.raises(UnfitError, match="another machine's"):
        require_here(docker.environment)
    assert not any("info" in words.split() for words in docker.asked())


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("unix:///var/run/docker.sock", True),
        ("npipe:////./pipe/docker_engine", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://10.0.0.7:2375", False),
        ("ssh://me@host", False),
    ],
)
def test_an_endpoint_says_whose_engine_it_is(endpoint: str, expected: bool) -> None:
    assert is_here(endpoint) is expected


def test_compose_is_needed_and_new_enough() -> None:
    with pytest.raises(UnfitError, match="has no Compose"):
        engine_of(INFO | {"ClientInfo": {"Plugins": None}})
    old = {"Plugins": [{"Name": "compose", "Version": "v2.20.2"}]}
    with pytest.raises(UnfitError, match=r"Compose is v2\.20\.2, and 2\.24 or newer"):
        engine_of(INFO | {"ClientInfo": old})


@pytest.mark.parametrize("version", ["2.40.3", "v2.40.3", "2.40.3-3", "2.40.3+ds1"])
def test_a_version_is_its_first_three_numbers(version: str) -> None:
    assert numbers(version) == (2, 40, 3)


def test_what_fails_has_no_output_and_what_is_carried_out_has_all(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("speak", "said", 3, "complained")
    assert output_of(("docker", "speak"), docker.environment) is None
    code, said = carried_out(("docker", "speak"), docker.environment, tmp_path)
    assert code == 3
    assert "said" in said
    assert "complained" in said
