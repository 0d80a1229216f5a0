"""The machine and the versions that figures were taken with: nothing that names a host."""

import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.gateway import versions as gateway_versions
from bench.nginx import version as nginx_version


def facts(nginx_program: str | None, has_gateway: bool) -> dict[str, str | int | None]:
    """What a reader needs to judge the figures. Raises: StartError."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "uvloop": version("uvloop"),
        "nginx": nginx_version(nginx_program) if nginx_program else None,
        "ollama_observe": version("ollama-observe"),
        **(gateway_versions() if has_gateway else {"node": None, "portkey": None}),
    }


def described(machine: Mapping[str, Any]) -> str:
    """What all measurements have in common, as a part of a sentence."""
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
        f"Python {machine['python']}, uvloop {machine['uvloop']}"
    )


def _cpu_model() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()
