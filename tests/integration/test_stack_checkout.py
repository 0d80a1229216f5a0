"""The Makefile's verbs in a checkout whose `.venv` is half made, or was moved with it."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.places import REPOSITORY
from stack.supervised import is_alive
from tests.components import need
from tests.integration.test_stack import UpstreamServer, in_front_of, upstream
from tests.ports import free_ports
from tests.stacks import WITHIN_SECONDS

__all__ = ["upstream"]  # a fixture

DEPENDENCIES = sysconfig.get_path("purelib")
OTHER_MEMBERS = [
    str(REPOSITORY / "libs/ollama-observe/src"),
    str(REPOSITORY / "services/proxy/src"),
    str(REPOSITORY / "services/gpu-exporter/src"),
]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """What the verbs under test read of a checkout, and a `.venv` without a package."""
    need("make", shutil.which("make") is not None, "install make")
    with tempfile.TemporaryDirectory(prefix="c") as short:
        yield copied(Path(short) / "checkout")


def copied(folder: Path) -> Path:
    for name in ("stack/src", "scripts"):
        shutil.copytree(REPOSITORY / name, folder / name)
    shutil.copy(REPOSITORY / "Makefile", folder)
    venv = [sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")]
    subprocess.run(venv, check=True)
    return folder


def install(checkout: Path) -> None:
    """Make the packages of this environment and the checkout's own `stack` importable there."""
    purelib = next((checkout / ".venv").glob("lib/python*/site-packages"))
    lines = [str(checkout / "stack/src"), *OTHER_MEMBERS, DEPENDENCIES]
    (purelib / "members.pth").write_text("\n".join(lines))


def make(checkout: Path, verb: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(["make", verb], checkout, variables)


def run(
    command: list[str], folder: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "RUNTIME": "local", **variables},
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )


def test_status_of_a_half_made_environment_says_what_helps(checkout: Path) -> None:
    done = make(checkout, "status")
    assert done.stdout == (
        ".venv is being set up, was left half made or was moved: make start mends it\n"
    )
    assert "Traceback" not in done.stderr


def test_stop_with_a_half_made_environment_finds_nothing_to_stop(checkout: Path) -> None:
    done = make(checkout, "stop")
    assert (done.returncode, done.stdout, done.stderr) == (0, "not running\n", "")


@pytest.mark.parametrize("python", ["half made", "gone"])
def test_clean_removes_an_environment_that_does_not_work(checkout: Path, python: str) -> None:
    if python == "gone":
        link = checkout / ".venv/bin/python"
        link.unlink()
        link.symlink_to("/nowhere/python3")
    done = make(checkout, "clean")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (checkout / ".venv").exists()


def test_clean_removes_nothing_under_what_it_cannot_stop_and_says_so(checkout: Path) -> None:
    run_folder = checkout / ".local/run"
    run_folder.mkdir(parents=True)
    words = [sys.executable, "-c", "input()", "supervisord"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as supervisor:
        (run_folder / "supervisord.pid").write_text(f"{supervisor.pid}\n")
        done = make(checkout, "clean")
        assert done.returncode != 0
        assert f"end pid {supervisor.pid}" in done.stderr
        assert "nothing was removed" in done.stderr
        assert (checkout / ".venv").exists()
        assert (checkout / ".local").exists()
    assert make(checkout, "clean").returncode == 0
    assert not (checkout / ".local").exists()


@pytest.mark.parametrize("depth", [0, 30], ids=["socket in the checkout", "socket elsewhere"])
def test_clean_after_a_move_stops_what_runs_and_removes_all(
    checkout: Path, upstream: UpstreamServer, depth: int
) -> None:
    if depth:
        (checkout.parent / ("deep/" * depth)).mkdir(parents=True)
        checkout = checkout.rename(checkout.parent / ("deep/" * depth) / "checkout")
    install(checkout)
    names = ("PROXY_PORT", "PROXY_CONTROL_PORT", "ENGINE_PORT", "GPU_EXPORTER_PORT")
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    start = [str(checkout / ".venv/bin/python"), "-m", "stack", "start"]
    told = in_front_of(upstream) | ports | {"DASHBOARD": "off"}
    started = run(start, checkout / "scripts", told)
    assert started.returncode == 0, started.stdout + started.stderr
    supervisor = int((checkout / ".local/run/supervisord.pid").read_text())
    try:
        proxy = psutil.Process(supervisor).children()[0].pid
        moved = checkout.rename(checkout.with_name("elsewhere"))
        status = make(moved, "status")
        assert "was moved: make start mends it" in status.stdout
        # nor does what was broken meanwhile keep anything running
        (moved / ".env").write_text("PROXY_DRAIN_SECONDS=soon\nRUNTIME local\n")
        done = make(moved, "clean", **ports)
        line, value = done.stderr.splitlines()
        assert line.startswith(".env, line 2: not NAME=value")
        assert value.startswith("PROXY_DRAIN_SECONDS: ")
        assert value.endswith("found 'soon' (stop goes on without it)")
        assert done.returncode == 0
        assert "stopped" in done.stdout
        assert not is_alive(supervisor)
        assert not is_alive(proxy)
        assert not (moved / ".venv").exists()
        assert not (moved / ".local").exists()
    finally:
        if is_alive(supervisor):
            os.kill(supervisor, signal.SIGTERM)
