"""A real stack, in folders and on ports of its own, for tests."""

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from stack import envfile
from stack.errors import SettingsError
from stack.places import MODEL_FILE, REPOSITORY, socket_path
from stack.settings import StackSettings
from stack.supervised import orphans
from tests.components import need
from tests.ports import free_ports

WITHIN_SECONDS = 60.0

PORTS = tuple(name.upper() for name in StackSettings.model_fields if name.endswith("_port"))
DOWNLOADS = "STACK_DOWNLOADS_DIR"


@dataclasses.dataclass
class Stack:
    """One stack and the variables that set it apart from every other."""

    state: Path
    variables: dict[str, str]

    def command(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stack", *words],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=WITHIN_SECONDS,
            check=False,
        )

    def environment(self, **more: str) -> dict[str, str]:
        return of_this_machine() | self.variables | more

    def start(self, verb: str = "start", **more: str) -> str:
        done = self.command(verb, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> dict[str, dict[str, object]]:
        found = json.loads(self.command("status", "--json").stdout)
        return {part["name"]: part for part in found["parts"]}

    def pid(self, part: str) -> int:
        pid = self.status()[part]["pid"]
        assert isinstance(pid, int)
        return pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.variables['PROXY_PORT']}"

    @property
    def socket(self) -> Path:
        return socket_path(self.state / "run")

    def assert_nothing_left(self) -> None:
        assert orphans(self.socket) == {}
        assert not self.socket.exists()
        for port in {int(self.variables[name]) for name in PORTS}:
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0, f"{port} still answers"


def own_ports() -> dict[str, str]:
    """A free port for each variable of a stack that names one."""
    return dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))


def of_this_machine() -> dict[str, str]:
    """What every process needs of the environment."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # noqa: TID251


def not_the_operators(repository: Path = REPOSITORY) -> dict[str, str]:
    """Variables that unset what `.env` sets, but for where that lies which was fetched.

    Raises: SettingsError.
    """
    named, mistakes = envfile.read(repository / ".env")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    downloads = os.environ.get(DOWNLOADS) or named.get(DOWNLOADS, "")  # noqa: TID251
    return {**dict.fromkeys(named, ""), DOWNLOADS: downloads}


def own_stack(state: Path, more: Mapping[str, str], repository: Path = REPOSITORY) -> Stack:
    """A stack of processes that nothing of the operator's reaches; nothing is started.

    Raises: SettingsError. It has no dashboard unless it is told: most tests are about other parts.
    """
    own = {**own_ports(), "RUNTIME": "local", "STACK_STATE_DIR": str(state), "DASHBOARD": "off"}
    return Stack(state, {**not_the_operators(repository), **own, **more})


@contextlib.contextmanager
def stack_at(state: Path, **more: str) -> Iterator[Stack]:
    stack = own_stack(state, more)
    try:
        yield stack
    finally:
        stack.command("stop")


def need_model_and_prometheus() -> None:
    """Skip where the whole stack cannot be had."""
    model = REPOSITORY / ".local/models" / MODEL_FILE
    need("model", model.exists(), "`make setup` fetches it")
    fetched = REPOSITORY / ".local/prometheus/prometheus"
    has_prometheus = fetched.exists() or shutil.which("prometheus") is not None
    need("prometheus", has_prometheus, "`make setup` fetches it, or install the package prometheus")
