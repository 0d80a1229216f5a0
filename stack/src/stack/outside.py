"""Programs that we call: to look at something, or to fetch it.

Those that fetch are quiet where they succeed, their words in a log. What apt and pip say names the
machine's mirrors; it stays in the log folder.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_LOOKS_WITHIN_SECONDS = 20.0


def run_quietly(
    command: Sequence[str],
    log: Path,
    within_seconds: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> bool:
    """Run a program with its output appended to `log`; whether it succeeded in time."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {' '.join(command)}\n")
        output.flush()
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=None if environment is None else dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=within_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            output.write(f"stopped after {within_seconds:g} s\n")
            return False
        except OSError as error:
            output.write(f"{error}\n")
            return False
    return done.returncode == 0


def finished(
    command: Sequence[str],
    within_seconds: float = _LOOKS_WITHIN_SECONDS,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str] | None:
    """A program that only looks, at its end; None where it does not run, or takes too long."""
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,  # which promtool reads where no file is named
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=within_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
