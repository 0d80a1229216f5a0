"""A checkout of its own, with ports of its own, in which to follow documents."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.places import REPOSITORY
from tests.stacks import DOWNLOADS, not_the_operators, of_this_machine, own_ports

WITHIN_SECONDS = 180.0
"""For a command on a machine that is busy."""
_LEFT_OUT = frozenset((".git", ".local", ".venv", ".hypothesis", "results", "keys", "tests"))
_SETS = ("local", "docker", "dev", "dashboard")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of this checkout that is set up. `variables` are all that a command there is given."""

    folder: Path
    variables: dict[str, str]

    def run(self, text: str, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """What bash makes of a command, in this folder."""
        return subprocess.run(
            ["bash", "-c", text],
            cwd=self.folder,
            env={**self.variables, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_SECONDS,
            check=False,
        )


def copied(folder: Path) -> Checkout:
    """A copy of what is not a test, with a `.venv` that finds its members and our packages."""
    shutil.copytree(REPOSITORY, folder, symlinks=True, ignore=_left_out)
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    purelib = next(venv.glob("lib/python*/site-packages"))
    members = (*sorted(folder.glob("*/*/src")), folder / "stack" / "src")
    lines = [*map(str, members), sysconfig.get_path("purelib")]
    (purelib / "members.pth").write_text("\n".join(lines), encoding="utf-8")
    for name in _SETS:
        (venv / f".installed-{name}").touch()
    of_its_own = {**own_ports(), "RUNTIME": "local", "LC_ALL": "C.UTF-8"}
    return Checkout(folder, of_this_machine() | _downloads() | of_its_own)


def _left_out(folder: str, names: list[str]) -> list[str]:
    caches = [name for name in names if name.endswith("_cache") or name == "node_modules"]
    return [*caches, *_LEFT_OUT.intersection(names)] if Path(folder) == REPOSITORY else caches


def _downloads() -> dict[str, str]:
    """Where that lies which was fetched."""
    return {DOWNLOADS: not_the_operators()[DOWNLOADS] or str(REPOSITORY / ".local")}
