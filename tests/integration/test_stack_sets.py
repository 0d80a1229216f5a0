"""The verbs in a `.venv` that holds the dashboard's set of packages and nothing more."""

import importlib.metadata
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from stack.waiting import wait_until
from tests.integration.test_stack import UpstreamServer, in_front_of, upstream
from tests.integration.test_stack_checkout import DEPENDENCIES, checkout, make
from tests.ports import free_ports
from tests.stacks import WITHIN_SECONDS

__all__ = ["checkout", "upstream"]  # fixtures

PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)
_PORTS = ("PROXY_PORT", "PROXY_CONTROL_PORT", "ENGINE_PORT", "GPU_EXPORTER_PORT", "DASHBOARD_PORT")
# in place of pip: what this environment has
_INSTALLER = """#!/bin/sh
echo "installing requirements/$1.txt"
echo {dependencies} >"{purelib}/all.pth"
touch "$2"
"""


def linked(purelib: Path) -> None:
    """Exactly the packages of the lock, of those that this environment has, and our members."""
    names = PINNED.findall((REPOSITORY / "requirements/dashboard.txt").read_text())
    for name in names:
        try:
            files = importlib.metadata.distribution(name).files or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        for entry in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (purelib / entry).exists():
                (purelib / entry).symlink_to(Path(DEPENDENCIES) / entry)
    for path in Path(DEPENDENCIES).glob("ollama_observe-*.dist-info"):
        (purelib / path.name).symlink_to(path)  # the library tells its version
    members = [REPOSITORY / "libs/ollama-observe/src", *REPOSITORY.glob("services/*/src")]
    own = purelib.parents[3] / "stack/src"
    (purelib / "members.pth").write_text("\n".join(map(str, [own, *members])))


@pytest.fixture
def alone(checkout: Path) -> Iterator[Path]:
    """A checkout after `make install-dashboard`."""
    shutil.copytree(REPOSITORY / "requirements", checkout / "requirements")
    shutil.copy(REPOSITORY / "pyproject.toml", checkout)
    purelib = next((checkout / ".venv").glob("lib/python*/site-packages"))
    linked(purelib)
    installer = checkout / "scripts/venv.sh"
    installer.write_text(_INSTALLER.format(dependencies=DEPENDENCIES, purelib=purelib))
    (checkout / ".venv/.installed-dashboard").touch()
    yield checkout
    make(checkout, "stop")


def test_it_lacks_what_only_the_supervisor_needs(alone: Path) -> None:
    code = "import fastapi, websockets, stack.dashboard.run, supervisor"
    done = subprocess.run([alone / ".venv/bin/python", "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'supervisor'"


def test_the_dashboard_is_installed_and_shows_its_page(alone: Path) -> None:
    (port,) = free_ports(1)
    done = make(alone, "install-dashboard")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "installed: make dashboard shows what runs\n"
    command = ["make", "dashboard", "RUNTIME=local", f"DASHBOARD_PORT={port}"]
    with subprocess.Popen(command, cwd=alone, process_group=0) as process:
        try:
            assert wait_until(lambda: answers(port), WITHIN_SECONDS, 0.1)
        finally:
            process.send_signal(signal.SIGTERM)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("verb", ["status", "metrics", "traffic-quick", "health-portkey"])
def test_verbs_of_what_runs_say_how_it_is_started(alone: Path, verb: str) -> None:
    done = make(alone, verb)
    assert done.returncode != 0
    assert "make start" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["stop", "stop-dashboard"])
def test_there_is_nothing_to_stop(alone: Path, verb: str) -> None:
    done = make(alone, verb)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not running" in done.stdout


def test_a_start_fetches_the_rest_and_runs(alone: Path, upstream: UpstreamServer) -> None:
    ports = dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))
    started = make(alone, "start", **in_front_of(upstream), **ports)
    assert started.returncode == 0, started.stdout + started.stderr
    assert started.stdout.startswith("installing requirements/local.txt\n")
    status = make(alone, "status")
    assert status.returncode == 0, status.stdout + status.stderr
    assert "as processes of this machine" in status.stdout
    assert make(alone, "stop").stdout.endswith("stopped\n")
