"""Node and npm, which the Portkey gateway needs and nothing else here does."""

import re
import shutil
import sys
from pathlib import Path

from stack.errors import StackError
from stack.outside import finished

LEAST_NODE = (18,)
"""Debian 12's: the gateway was tried with 18, 20 and 22."""

LEAST_NPM = (8, 3)
"""The first that heeds the overrides of a package.json."""

_APT = "apt install nodejs npm (new enough since Debian 12 and Ubuntu 24.04)"
_HOMEBREW = "brew install node"
_ANSWERS_WITHIN_SECONDS = 15.0


def find() -> Path:
    """Node's path. Raises: StackError saying what is missing and how to get it."""
    node = shutil.which("node")
    complaint = missing(version_of("node"), version_of("npm"))
    if complaint or node is None:
        raise StackError(complaint)
    return Path(node)


def version_of(program: str) -> str | None:
    """What `--version` prints, `20.11.1`; None where it is not on PATH or does not run."""
    path = shutil.which(program)
    if path is None:
        return None
    done = finished([path, "--version"], _ANSWERS_WITHIN_SECONDS)
    if done is None or done.returncode != 0:
        return None
    return done.stdout.strip().removeprefix("v")


def missing(node: str | None, npm: str | None, system: str = sys.platform) -> str:
    """Expected, found and remedy in a sentence; empty where both versions do."""
    if _numbers(node) >= LEAST_NODE and _numbers(npm) >= LEAST_NPM:
        return ""
    return (
        f"the Portkey gateway needs node {_dotted(LEAST_NODE)} or newer and "
        f"npm {_dotted(LEAST_NPM)} or newer, found {f'node {node}' if node else 'no node'} and "
        f"{f'npm {npm}' if npm else 'no npm'}: {_HOMEBREW if system == 'darwin' else _APT}; or "
        "run the image portkeyai/gateway:1.15.2 in Docker, and `make start-proxy-portkey`"
    )


def _numbers(version: str | None) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version or "")))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
