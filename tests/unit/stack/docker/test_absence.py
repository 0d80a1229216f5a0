import pytest

from stack.docker.absence import absence_of

SYSTEM = "unix:///var/run/docker.sock"
OLD = f"Cannot connect to the Docker daemon at {SYSTEM}. Is the docker daemon running?"
NEW = (
    f"failed to connect to the docker API at {SYSTEM}; check if the path is correct and if the "
    "daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory"
)


@pytest.mark.parametrize("said", [OLD, NEW])
def test_an_engine_that_does_not_run_is_named_with_how_to_start_it(said: str) -> None:
    found = absence_of(said, "linux")
    assert found.why == f"the Docker engine does not run, nothing answers at {SYSTEM}"
    assert found.remedy.startswith("sudo systemctl start docker")


@pytest.mark.parametrize(
    ("socket", "system", "remedy"),
    [
        ("unix:///run/user/1000/docker.sock", "linux", "systemctl --user start docker"),
        ("unix:///home/me/.docker/desktop/docker.sock", "linux", "systemctl --user start docker-"),
        ("unix:///Users/me/.docker/run/docker.sock", "darwin", "open -a Docker"),
        ("unix:///Users/me/.colima/default/docker.sock", "darwin", "colima start"),
    ],
    ids=["rootless", "desktop", "mac", "colima"],
)
def test_whose_engine_it_is_shows_in_its_socket(socket: str, system: str, remedy: str) -> None:
    found = absence_of(OLD.replace(SYSTEM, socket), system)
    assert socket in found.why
    assert found.remedy.startswith(remedy)


@pytest.mark.parametrize(
    "said",
    [
        f"permission denied while trying to connect to the Docker daemon socket at {SYSTEM}: Get "
        '"http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info": dial unix: connect: permission denied',
        f"permission denied while trying to connect to the docker API at {SYSTEM}",
    ],
)
def test_a_socket_that_is_closed_to_you_is_opened_by_a_group(said: str) -> None:
    found = absence_of(said, "linux")
    assert found.why == f"Docker's socket is not open to you ({SYSTEM})"
    assert "usermod -aG docker" in found.remedy


def test_a_command_that_is_too_new_for_its_engine_names_the_version_that_is_not() -> None:
    said = (
        "Error response from daemon: client version 1.52 is too new. Maximum supported API version "
        "is 1.43"
    )
    assert absence_of(said, "linux").remedy.endswith("export DOCKER_API_VERSION=1.43")


def test_an_engine_that_hangs_is_started_again() -> None:
    assert absence_of(None, "linux").remedy == "sudo systemctl restart docker"
    assert absence_of(None, "darwin").remedy == "start Docker Desktop again"


def test_words_that_nobody_knows_are_passed_on_in_part() -> None:
    found = absence_of("something\nelse " + "x" * 900, "linux")
    assert found.why.startswith("something else xxx")
    assert len(found.why) < 200
    empty = absence_of("", "linux")
    assert (empty.why, empty.remedy) == ("no reason given", "`docker info` says more")
