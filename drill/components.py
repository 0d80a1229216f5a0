"""What this machine has of what scenarios need; each as a sentence where it is missing."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from drill.scenario import Component
from stack.parts import GATEWAY_SCRIPT
from stack.places import places_of
from stack.portkey import node
from stack.settings import parse
from tests.fakes import nvml
from tests.stacks import not_the_operators

_DISK_MEGABYTES = 16

Lacking = dict[Component, str]
"""What is missing, and how to get it."""


def lacking(needed: frozenset[Component]) -> Lacking:
    """What of `needed` is missing, as far as looking tells: only mounting shows who may mount."""
    found = {
        Component.COMPILER: ""
        if nvml.can_build()
        else "no C compiler for a driver with cards: apt install gcc",
        Component.GATEWAY: _no_gateway() if Component.GATEWAY in needed else "",
        Component.PROC: ""
        if Path("/proc/self/stat").exists()
        else "no /proc, which tells what processes run with: Linux alone has it",
    }
    return {component: said for component, said in found.items() if said and component in needed}


def _no_gateway() -> str:
    if shutil.which("node") is None:
        return "no Node.js for the Portkey gateway: apt install nodejs npm"
    if complaint := node.missing(node.version_of("node"), node.version_of("npm")):
        return complaint
    if not (places_of(parse(not_the_operators())).portkey / GATEWAY_SCRIPT).exists():
        return "the Portkey gateway is not installed: PORTKEY=on make setup"
    return ""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[str]:
    """Make a folder a small file system of its own; yields why it is none, or nothing."""
    folder.mkdir()
    if shutil.which("mount") is None:
        yield "no `mount` on PATH"
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MEGABYTES}m", "drill", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"this user may not mount a file system ({_reason(done.stderr)}): run it as root"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _reason(said: str) -> str:
    # mount names itself and the folder first
    return said.strip().partition("\n")[0].rpartition(": ")[2] or "no reason given"
