"""What made a result: the versions of the program and of what it ran on."""

import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

WITHIN_SECONDS = 5.0


def versions(directory: Path = Path(__file__).parent) -> dict[str, str]:
    """Ours, Python's, the system's; the revision where `directory` is in a git checkout."""
    found = {
        "traffic": version("traffic"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    if revision := git_revision(directory):
        found["revision"] = revision
    return found


def git_revision(directory: Path) -> str | None:
    """The commit that is checked out, with `-changed` after it where files differ from it."""
    if shutil.which("git") is None:
        return None
    said = _git(directory, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=-changed")
    return said or None


def _git(directory: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
