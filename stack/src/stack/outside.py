"""Programs that we call to fetch something: quiet where they succeed, their words in a log.

What apt and pip say names the machine's mirrors; it stays in the log folder.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


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
