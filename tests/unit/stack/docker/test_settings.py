import pytest

from stack.docker.settings import OF_OLLAMA
from stack.errors import SettingsError
from stack.places import REPOSITORY
from stack.settings import parse
from stack.variables import merge


def test_a_runtime_is_one_of_three() -> None:
    assert parse({}).runtime == "auto"
    with pytest.raises(SettingsError, match=r"RUNTIME: .*'auto', 'docker' or 'local'.*podman"):
        parse({"RUNTIME": "podman"})


@pytest.mark.parametrize("limit", ["lots", "4", "4gb", "-1g"])
def test_a_limit_that_docker_does_not_read_is_refused(limit: str) -> None:
    with pytest.raises(SettingsError, match="PROXY_MEMORY"):
        parse({"PROXY_MEMORY": limit})
    assert parse({"PROXY_MEMORY": "512m"}).proxy_memory == "512m"


def test_a_gateway_in_a_container_is_not_opened_to_a_network_either() -> None:
    assert parse({}).portkey_bind == "127.0.0.1"
    with pytest.raises(SettingsError, match=r"PORTKEY_BIND: the gateway .* never opened"):
        parse({"PORTKEY_BIND": "0.0.0.0"})


def test_ollama_s_own_variables_that_reach_its_container_may_stand_in_the_file() -> None:
    listed = (REPOSITORY / "docker/variables/ollama.env").read_text(encoding="utf-8").splitlines()
    assert [line for line in listed if line and line[0] != "#"] == sorted(OF_OLLAMA)
    assert merge({}, dict.fromkeys(OF_OLLAMA, "1")) == (dict.fromkeys(OF_OLLAMA, "1"), [])
    _, (mistake,) = merge({}, {"OLLAMA_MODELZ": "x"})
    assert "OLLAMA_MODELZ" in mistake
