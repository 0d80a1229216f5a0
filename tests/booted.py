"""A machine with systemd as its first process, in a container of its own, for tests.

It has a checkout in the home of an ordinary user and one of root's, both with the Portkey gateway,
and something that answers as Ollama. It has nothing of the host's: no mounts, and /run and /tmp of
its own, which a systemd that boots empties.
"""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stack.places import REPOSITORY
from stack.waiting import wait_until
from tests.gateways import gateway_folder

BASE = "debian:trixie-slim"
NODE = "node:22-slim"
USER = "jo"
HOME = f"/home/{USER}"
CHECKOUT = f"{HOME}/ollama-observe"
ROOTS = "/opt/ollama-observe"
"""Root's own: the machine's service runs no other."""

_HERE = REPOSITORY / "tests/integration/systemd"
_IMAGE = "ollama-observe-tests/systemd"
_BUILT_WITHIN_SECONDS = 900.0
_BOOTED_WITHIN_SECONDS = 120.0
_DONE_WITHIN_SECONDS = 300.0

# SYS_ADMIN is for what every systemd does; the others are those that the exporter is granted
_MAY = ("--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE", "--cap-add=DAC_READ_SEARCH")
_UNCONFINED = ("--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined")
_OWN = ("--cgroupns=private", "--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp:exec")


@dataclass(frozen=True)
class Machine:
    """A running one; each call is a command in it."""

    name: str

    def run(self, *words: str, root: bool = True, **variables: str) -> str:
        """What a command says, as root or as the user. Fails the test where it fails."""
        done = self.tried(*words, root=root, **variables)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def tried(
        self, *words: str, root: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """How a command ends."""
        own = {} if root else {"HOME": HOME, "XDG_RUNTIME_DIR": "/run/user/1000"}
        given = {**own, **variables}
        flags = [word for name in given for word in ("--env", f"{name}={given[name]}")]
        who = ["--user", "root" if root else USER]
        return _docker("exec", *who, *flags, self.name, *words)

    def make(self, verb: str, root: bool, **variables: str) -> subprocess.CompletedProcess[str]:
        """One of the Makefile's verbs in the checkout of whoever asks."""
        folder = ROOTS if root else CHECKOUT
        return self.tried("make", "-C", folder, verb, root=root, **variables)

    def seen_by(self, pid: int, path: str) -> list[str]:
        """What a process finds in a folder."""
        done = _docker("exec", "--privileged", self.name, "ls", "-A", f"/proc/{pid}/root{path}")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def pid(self, unit: str, root: bool) -> int:
        """The process of a unit; 0 where it does not run."""
        whose = () if root else ("--user",)
        words = ("systemctl", *whose, "show", "--property=MainPID", "--value", unit)
        return int(self.run(*words, root=root))

    def get(self, url: str) -> object:
        """The JSON behind a URL in the machine."""
        program = (
            f"import urllib.request as u; print(u.urlopen({url!r}, timeout=10).read().decode())"
        )
        return json.loads(self.run("python3", "-c", program))


@contextlib.contextmanager
def machine(name: str, folder: Path) -> Iterator[Machine]:
    """One that has booted; `folder` is for the copy of the checkout that it is made from."""
    _build(folder / "checkout")
    found = Machine(name)
    words = ("--detach", "--name", name, "--env", "container=docker", *_MAY, *_UNCONFINED, *_OWN)
    done = _docker("run", *words, _IMAGE)
    assert done.returncode == 0, done.stderr
    try:
        assert wait_until(lambda: _has_booted(found), _BOOTED_WITHIN_SECONDS, 0.5)
        found.run("loginctl", "enable-linger", USER)
        assert wait_until(lambda: _has_user(found), _BOOTED_WITHIN_SECONDS, 0.5)
        _docker(
            "exec", "--detach", name, "python3", f"{CHECKOUT}/tests/integration/systemd/ollama.py"
        )
        yield found
    finally:
        _docker("rm", "--force", "--volumes", name)
        _docker("rmi", _IMAGE)


def _has_booted(found: Machine) -> bool:
    return found.tried("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")


def _has_user(found: Machine) -> bool:
    return (
        found.tried("systemctl", "--user", "is-active", "default.target", root=False).returncode
        == 0
    )


def _build(context: Path) -> None:
    """The image, from the files of the checkout that are not ignored, and the gateway."""
    gateway = gateway_folder()
    shutil.copytree(gateway, context / ".local/portkey", symlinks=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, goal = REPOSITORY / name, context / name
        if source.is_file() and name != ".dockerignore":
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, goal)
    words = ("--quiet", "--tag", _IMAGE, "--file", str(_HERE / "Dockerfile"), str(context))
    done = _docker("build", *words, within_seconds=_BUILT_WITHIN_SECONDS)
    assert done.returncode == 0, done.stderr


def _docker(
    *words: str, within_seconds: float = _DONE_WITHIN_SECONDS
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=within_seconds, check=False
    )
