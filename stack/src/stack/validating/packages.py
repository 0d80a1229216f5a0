"""Python and the packages: which set of them is here, and whether it is of now."""

import platform
import sys
from pathlib import Path

from stack.validating.finding import Finding

SETS = {
    "dev": "all, and what tests need",
    "local": "of processes",
    "docker": "of containers alone",
    "dashboard": "of the dashboard alone",
}
"""What make installs, the fullest first."""
_ASKING = (
    *("pyproject.toml", "libs/*/pyproject.toml", "services/*/pyproject.toml"),
    *("stack/pyproject.toml", "scripts/venv.sh"),
)
"""What the Makefile has a set depend on, besides its own list."""
_BROUGHT_BY = {"dev": "make lint", "dashboard": "make install-dashboard"}
"""Verbs that install a set anew; of those that run something, a start."""


def of_python() -> Finding:
    """The interpreter that runs this."""
    return Finding("python", True, f"{platform.python_version()}, {sys.prefix}")


def of_packages(repository: Path) -> Finding:
    """The sets of requirements/ that were installed here."""
    stamps = {name: repository / ".venv" / f".installed-{name}" for name in SETS}
    here = [name for name in SETS if stamps[name].exists()]
    if not here:
        return Finding("packages", None, "of no set of requirements/", "make start installs them")
    stale = [name for name in here if _is_older(stamps[name], repository, name)]
    if stale:
        why = f"older than requirements/{stale[0]}.txt, a pyproject.toml or scripts/venv.sh"
        verb = _BROUGHT_BY.get(stale[0], "make start")
        return Finding("packages", None, why, f"{verb} brings them up to date")
    return Finding("packages", True, ", ".join(f"{name} ({SETS[name]})" for name in here))


def _is_older(stamp: Path, repository: Path, name: str) -> bool:
    installed = stamp.stat().st_mtime
    forms = (f"requirements/{name}.txt", *_ASKING)
    asked = (path for form in forms for path in repository.glob(form))
    return any(path.stat().st_mtime > installed for path in asked)
