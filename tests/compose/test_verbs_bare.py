"""A bare `make start` in a checkout as it was cloned: no `.venv`, an engine, no word by hand."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from tests.components import need
from tests.compose.projects import Project, own_project
from tests.compose.verbs import told
from tests.stacks import Stack

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_WITHIN_SECONDS = 600.0
_NOT_CLONED = (
    ".git",
    ".venv",
    ".local",
    ".env",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "results",
)
_OF_MACHINE = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class Clone:
    """The files of the checkout elsewhere, and the variables that keep it from other stacks."""

    folder: Path
    variables: dict[str, str]

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        machine = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251
            if name in _OF_MACHINE or name.startswith("PIP_")
        }
        return subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env=machine | self.variables,
            capture_output=True,
            text=True,
            timeout=_WITHIN_SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    need("make", shutil.which("make") is not None, "install make")
    return own_project(tmp_path_factory.mktemp("project"), ["demo"])


@pytest.fixture(scope="module")
def clone(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("clone") / "ollama-observe"
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns(*_NOT_CLONED))
    variables = {name: value for name, value in told(project).items() if value}
    found = Clone(folder, variables | {"COMPOSE_PROFILES": "demo"})
    try:
        yield found
    finally:
        project.run("--profile", "*", "down", "--volumes")
    assert project.left() == []


def test_it_starts_in_containers_and_does_what_the_verbs_say(
    clone: Clone, project: Project
) -> None:
    started = clone.make("start")
    assert started.returncode == 0, started.stdout + started.stderr
    assert "(requirements/docker.txt)" in started.stdout
    assert f"running, in containers (project {project.name}):" in started.stdout
    stamps = {path.name for path in (clone.folder / ".venv").glob(".installed-*")}
    assert stamps == {".installed-docker"}
    folders = {
        one["Config"]["Labels"]["com.docker.compose.project.working_dir"]
        for one in project.inspect()
    }
    assert folders == {str(clone.folder)}

    status = clone.make("status")
    assert status.returncode == 0, status.stdout + status.stderr
    assert status.stdout.startswith(f"healthy, in containers (project {project.name})\n")

    asked = clone.make("traffic-quick", "FLAGS=--max-tokens 4")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    (result,) = (clone.folder / "results").glob("*/result.json")
    assert json.loads(result.read_text())

    metrics = clone.make("metrics")
    assert metrics.returncode == 0, metrics.stderr
    assert "ollama_proxy_" in metrics.stdout
    assert "\ngpu_" in metrics.stdout

    stopped = clone.make("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout.endswith("stopped; the models and the numbers are kept\n")
    assert project.inspect() == []
    assert clone.make("status").stdout == "not running: make start\n"


def test_another_checkout_leaves_its_containers_alone(
    clone: Clone, project: Project, tmp_path: Path
) -> None:
    assert clone.make("start").returncode == 0
    before = {one["Id"] for one in project.inspect()}
    own = {"RUNTIME": "auto", "COMPOSE_PROFILES": "demo", "STACK_STATE_DIR": str(tmp_path)}
    other = Stack(tmp_path, told(project) | own)
    assert other.command("stop").stdout == "not running\n"
    for verb in ("start", "restart"):
        refused = other.command(verb)
        assert refused.returncode == 1
        assert (
            f"{project.name} are those of {clone.folder}: COMPOSE_PROJECT_NAME=" in refused.stderr
        )
    assert {one["Id"] for one in project.inspect()} == before


def test_moved_it_still_stops_what_it_started(clone: Clone, project: Project) -> None:
    assert clone.make("start").returncode == 0
    moved = clone.folder.rename(clone.folder.with_name("elsewhere"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "stack", "stop"],
            cwd=moved / "stack/src",
            env={"PATH": os.environ["PATH"]} | clone.variables,  # noqa: TID251
            capture_output=True,
            text=True,
            timeout=_WITHIN_SECONDS,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert project.inspect() == []
    finally:
        moved.rename(clone.folder)
