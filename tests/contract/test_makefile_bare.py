"""Verbs that act without a `.venv`: whoever runs the parts is told all the same."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from tests.components import need
from tests.dockers import Docker

_SYSTEMCTL = """#!/bin/sh
echo "$*" >>"{folder}/told"
case "$*" in *is-active*) exit {code} ;; esac
"""


@dataclass(frozen=True)
class Bare:
    """A checkout without `.venv`; `docker`, `systemctl` and the user are made up."""

    folder: Path
    docker: Docker

    def make(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        home = {"HOME": str(self.folder.parent), "PATH": f"{self.docker.folder}:{os.defpath}"}
        return subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env=home | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def without(self, program: str) -> dict[str, str]:
        """A PATH on which all are found but one."""
        folder = self.folder.parent / f"without-{program}"
        folder.mkdir()
        found = {path.name: path for one in os.defpath.split(":") for path in Path(one).glob("*")}
        for name, path in found.items():
            if name != program:
                (folder / name).symlink_to(path)
        return {"PATH": f"{self.docker.folder}:{folder}"}

    def runs(self, *services: str, folder: Path | None = None) -> None:
        """From now on containers of these services run, started from a folder."""
        lines = [f"observe {service} {folder or self.folder}" for service in services]
        self.docker.answers("ps --filter", "\n".join(lines))

    def is_a_service(self, code: int, *parts: str) -> Path:
        """Units are installed, and systemd says that the target is active, or not; what it heard.

        The user is an ordinary one, whose units lie in the home.
        """
        units = self.folder.parent / ".config/systemd/user"
        units.mkdir(parents=True)
        target = f"[X-Ollama-Observe]\nCheckout={str(self.folder).replace('%', '%%')}\n"
        (units / "ollama-observe.target").write_text(target)
        for part in parts:
            (units / f"ollama-observe-{part}.service").touch()
        programs = {"systemctl": _SYSTEMCTL.format(folder=units, code=code), "id": "echo 1000"}
        for name, text in programs.items():
            program = self.docker.folder / name
            program.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)
        return units / "told"


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    need("make", shutil.which("make") is not None, "install make")
    folder = tmp_path / "100% ours"
    folder.mkdir()
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    shutil.copy(REPOSITORY / "Makefile", folder)
    (tmp_path / "bin").mkdir()
    docker = Docker(tmp_path / "bin")
    docker.answers("ps --filter", "")
    return Bare(folder, docker)


def test_an_archive_is_loaded_by_docker_alone(bare: Bare) -> None:
    archive = bare.folder / "my images.tar"
    archive.touch()
    bare.docker.answers("image load", "Loaded image: ours:1")
    done = bare.make("load", "FILE=my images.tar")
    assert (done.returncode, done.stdout) == (0, "Loaded image: ours:1\n"), done.stderr
    assert bare.docker.asked() == ["image load --input my images.tar"]


def test_without_a_name_it_is_the_archive_that_bundle_writes(bare: Bare) -> None:
    (bare.folder / "dist").mkdir()
    (bare.folder / "dist/ollama-observe-images.tar").touch()
    bare.docker.answers("image load")
    assert bare.make("load").returncode == 0
    assert bare.docker.asked() == ["image load --input dist/ollama-observe-images.tar"]


def test_an_archive_that_is_not_there_is_named_and_docker_not_asked(bare: Bare) -> None:
    done = bare.make("load")
    assert done.returncode != 0
    assert "found none at dist/ollama-observe-images.tar: make load FILE=" in done.stderr
    assert bare.docker.asked() == []


def test_a_machine_without_docker_is_told_so(bare: Bare) -> None:
    (bare.docker.folder / "docker").unlink()
    for program in ("make", "bash"):
        (bare.docker.folder / program).symlink_to(str(shutil.which(program)))
    done = bare.make("load", PATH=str(bare.docker.folder))
    assert done.returncode != 0
    assert done.stderr.startswith("docker is not installed\n")


@pytest.mark.parametrize("verb", ["stop", "stop-dashboard", "stop-portkey"])
def test_where_nothing_runs_there_is_nothing_to_stop(bare: Bare, verb: str) -> None:
    done = bare.make(verb)
    assert (done.returncode, done.stdout, done.stderr) == (0, "not running\n", "")


def test_containers_of_this_checkout_are_stopped_of_whatever_profile(bare: Bare) -> None:
    bare.runs("proxy", "traffic")
    bare.docker.answers(" down ")
    done = bare.make("stop")
    assert done.returncode == 0, done.stderr
    assert "stopped (containers of observe)" in done.stdout
    assert [said for said in bare.docker.asked() if said.startswith("compose")] == [
        "compose -p observe --env-file /dev/null --profile * down --remove-orphans"
    ]


def test_containers_of_another_checkout_are_left_alone(bare: Bare) -> None:
    bare.runs("proxy", "dashboard", folder=bare.folder.parent)
    for verb in ("stop", "stop-dashboard"):
        assert bare.make(verb).stdout == "not running\n"


def test_of_containers_one_part_is_stopped_and_only_where_it_runs(bare: Bare) -> None:
    bare.runs("proxy", "dashboard")
    bare.docker.answers(" rm ")
    assert bare.make("stop-dashboard").stdout == "dashboard: stopped\n"
    assert bare.docker.asked()[-1].endswith("--profile * rm --stop --force dashboard")
    assert bare.make("stop-portkey").stdout == "not running\n"


def test_a_stop_that_fails_is_no_success(bare: Bare) -> None:
    bare.runs("proxy")
    bare.docker.answers(" down ", code=1, complaint="network has active endpoints")
    done = bare.make("stop")
    assert done.returncode != 0
    assert "active endpoints" in done.stderr
    (bare.folder / ".local").mkdir()
    cleaned = bare.make("clean")
    assert cleaned.returncode != 0
    assert "nothing was removed: something still runs" in cleaned.stderr
    assert (bare.folder / ".local").exists()


def test_a_docker_that_may_not_be_asked_is_not_taken_for_one_without_containers(bare: Bare) -> None:
    bare.docker.answers("ps --filter", code=1, complaint="permission denied: /run/docker.sock")
    done = bare.make("stop")
    assert done.returncode != 0
    assert "is not known, Docker's socket is not open to you" in done.stderr
    # what nobody can tell does not keep what is here, either
    cleaned = bare.make("clean")
    assert (cleaned.returncode, cleaned.stdout) == (0, "removed .venv and .local\n")
    assert cleaned.stderr.count("is not known") == 1


def test_an_engine_that_is_off_runs_nothing(bare: Bare) -> None:
    bare.docker.answers("ps --filter", code=1, complaint="Cannot connect to the Docker daemon")
    assert bare.make("stop").stdout == "not running\n"


def test_an_engine_elsewhere_is_told_to_stop_nothing(bare: Bare) -> None:
    bare.runs("proxy")
    done = bare.make("stop", DOCKER_HOST="ssh://gpu-box")
    assert done.stdout == "not running\n"
    assert "another machine's" in done.stderr
    bare.docker.answers("context inspect", "tcp://gpu-box:2376")
    assert bare.make("stop").stdout == "not running\n"


@pytest.mark.parametrize("is_told_by_file", [False, True])
def test_processes_whose_supervisor_cannot_be_asked_are_named_by_its_pid(
    bare: Bare, is_told_by_file: bool
) -> None:
    state = "elsewhere" if is_told_by_file else ".local"
    if is_told_by_file:
        (bare.folder / ".env").write_text('export STACK_STATE_DIR = "elsewhere" # mine\n')
    (bare.folder / state / "run").mkdir(parents=True)
    words = [sys.executable, "-c", "input()", "supervisord"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as supervisor:
        (bare.folder / state / "run/supervisord.pid").write_text(f"{supervisor.pid}\n")
        for verb in ("stop", "stop-dashboard"):
            done = bare.make(verb)
            assert done.returncode != 0
            assert f"end pid {supervisor.pid}" in done.stderr
        cleaned = bare.make("clean")
        assert cleaned.returncode != 0
        assert cleaned.stderr.count(f"end pid {supervisor.pid}") == 1
        assert "nothing was removed: something still runs" in cleaned.stderr
        assert (bare.folder / state).exists()
    # what a power cut left names nobody, or somebody else
    assert bare.make("stop").stdout == "not running\n"


def test_clean_removes_nothing_under_a_stack_whose_state_lies_elsewhere(bare: Bare) -> None:
    python = bare.folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    # as a supervisor is called that was started with a STACK_STATE_DIR of then
    words = [str(python), "-c", "input()", "-m", "supervisor.supervisord"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as supervisor:
        for variables in ({}, bare.without("ps")):
            done = bare.make("clean", **variables)
            assert done.returncode != 0
            assert f"with another STACK_STATE_DIR: end pid {supervisor.pid}" in done.stderr
            assert python.exists()
    assert bare.make("clean").returncode == 0
    assert not (bare.folder / ".venv").exists()


def test_a_service_of_this_checkout_is_stopped_by_systemd(bare: Bare) -> None:
    told = bare.is_a_service(0, "proxy", "dashboard")
    done = bare.make("stop")
    assert done.stdout == "stopped, until systemd starts it again\n", done.stderr
    assert told.read_text().splitlines()[-1] == (
        "--user stop ollama-observe.target ollama-observe-*"
    )
    assert bare.make("stop-dashboard").stdout.startswith("dashboard: stopped")
    assert told.read_text().splitlines()[-1] == "--user stop ollama-observe-dashboard.service"
    assert bare.make("stop-portkey").stdout == "not running\n"


def test_a_service_of_another_checkout_is_left_alone_and_that_of_a_moved_one_is_not(
    bare: Bare,
) -> None:
    told = bare.is_a_service(0, "proxy")
    target = told.parent / "ollama-observe.target"
    target.write_text(f"Checkout={bare.folder.parent}\n")
    assert bare.make("stop").stdout == "not running\n"
    target.write_text(f"Checkout={bare.folder.parent}/gone\n")
    assert bare.make("stop").stdout.startswith("stopped, until")


def test_a_service_that_was_stopped_does_not_run(bare: Bare) -> None:
    told = bare.is_a_service(3, "proxy")
    assert bare.make("stop").stdout == "not running\n"
    assert "stop" not in told.read_text()


@pytest.mark.parametrize("verb", ["status", "logs", "bundle"])
def test_other_verbs_say_that_nothing_is_set_up(bare: Bare, verb: str) -> None:
    bare.folder.joinpath("scripts/environment.sh").write_text("#!/bin/sh\n")
    done = bare.make(verb)
    assert done.stdout == "nothing is set up here yet: make start\n"


@pytest.mark.parametrize("verb", ["dashboard", "install-dashboard"])
def test_a_dashboard_in_an_environment_that_was_moved_says_so(bare: Bare, verb: str) -> None:
    bare.folder.joinpath("scripts/environment.sh").write_text("#!/bin/sh\n")
    (bare.folder / ".venv/bin").mkdir(parents=True)
    (bare.folder / ".venv/bin/python").symlink_to("/nowhere/python3")
    done = bare.make(verb)
    assert done.returncode != 0
    assert done.stdout == (
        ".venv is being set up, was left half made or was moved: make start mends it\n"
    )
