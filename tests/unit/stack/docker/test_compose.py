from pathlib import Path

from stack.docker.compose import NAME, project_of
from stack.request import read_request
from tests.dockers import Docker


def test_a_project_has_the_checkout_s_name_unless_the_operator_gives_another(
    tmp_path: Path,
) -> None:
    assert project_of(read_request({}, tmp_path)).name == NAME == "ollama-observe"
    named = read_request({"COMPOSE_PROJECT_NAME": "mine"}, tmp_path)
    assert project_of(named).name == "mine"


def test_compose_gets_what_the_operator_says_and_nothing_of_make_s(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROXY_USER_SALT='a$b'\nPROMETHEUS_PORT=1000\n")
    request = read_request({"MAKEFLAGS": "x", "PROMETHEUS_PORT": "2000", "A": ""}, tmp_path)
    found = project_of(request).environment
    assert found == {"PROXY_USER_SALT": "a$b", "PROMETHEUS_PORT": "2000"}


def test_a_command_names_project_and_checkout_and_reads_no_env_file() -> None:
    project = project_of(read_request({}, Path("/nowhere")))
    command = project.command("ps", "--all")
    assert command == [
        *("docker", "compose", "-p", NAME, "--project-directory", "/nowhere"),
        *("--env-file", "/dev/null", "ps", "--all"),
    ]


def test_what_is_logged_is_said_to_the_caller_and_kept(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("build proxy", "step 1", 1, "failed to solve")
    project = project_of(read_request(docker.environment, tmp_path))
    log = tmp_path / "log/setup.log"
    code, said = project.logged(log, "build", "proxy")
    assert code == 1
    assert "failed to solve" in said
    assert log.read_text().startswith("$ docker compose build proxy\n")
    assert "step 1" in log.read_text()


def test_what_is_told_more_wins_and_is_asked_with(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("config", "{}")
    project = project_of(read_request({**docker.environment, "OLLAMA_URL": "http://a"}, tmp_path))
    more = project.with_variables({"OLLAMA_URL": "http://b", "COMPOSE_FILE": "compose.yaml"})
    assert more.asked("config") == "{}\n"
    assert docker.told("config") == {"OLLAMA_URL": "http://b", "COMPOSE_FILE": "compose.yaml"}
    assert more.asked("unknown") is None


def test_a_command_before_the_operator_s_eyes_gives_its_exit_code(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("run --rm pull-model", code=4)
    project = project_of(read_request(docker.environment, tmp_path))
    assert project.told("run", "--rm", "pull-model") == 4


def test_a_number_is_told_in_the_form_that_compose_takes(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    for said, told in (("1e2", "100"), ("08", "8"), ("2.5", "2.5")):
        environment = {**docker.environment, "PROXY_DRAIN_SECONDS": said}
        project = project_of(read_request(environment, tmp_path))
        assert project.environment["PROXY_DRAIN_SECONDS"] == told
