"""The way to packages, and a proxy of the network's that stands between us and ourselves."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from stack.outside import finished
from stack.validating.finding import Finding

_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_EXEMPT = ("no_proxy", "NO_PROXY")
_PIP_WITHIN_SECONDS = 20.0


def of_proxies(variables: Mapping[str, str]) -> Iterator[Finding]:
    """One where clients on this machine would ask the network's proxy for our ports; pure."""
    named = next((name for name in _PROXIES if variables.get(name)), None)
    if named is None:
        return
    spared = ",".join(variables.get(name, "") for name in _EXEMPT).replace(" ", "").split(",")
    missed = [
        host for host in ("localhost", "127.0.0.1") if host not in spared and "*" not in spared
    ]
    if not missed:
        yield Finding("proxies", True, f"{named} is set, and this machine is exempt")
        return
    why = f"{named} is set, and no_proxy is without {' and '.join(missed)}: curl asks it for ours"
    yield Finding("proxies", None, why, "export no_proxy=localhost,127.0.0.1,$no_proxy")


def of_index(requirements: Path) -> Finding:
    """Whether pip reaches its package index: it is asked for one small package of ours."""
    with tempfile.TemporaryDirectory() as folder:
        words = (
            "--no-deps",
            "--no-cache-dir",
            "--retries",
            "0",
            "--timeout",
            "5",
            "-q",
            "-d",
            folder,
        )
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download")
        done = finished([*pip, *words, pinned(requirements)], _PIP_WITHIN_SECONDS)
    if done is not None and done.returncode == 0:
        return Finding("network", True, "pip reaches its package index")
    remedy = (
        "is there a network? Behind a proxy: export HTTPS_PROXY=...; a mirror: PIP_INDEX_URL=..."
    )
    return Finding("network", None, "pip reaches no package index", remedy)


def pinned(requirements: Path) -> str:
    """A small package that a start needs, as pip is told it."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return next(line.split()[0] for line in lines if line.startswith("python-dotenv=="))
