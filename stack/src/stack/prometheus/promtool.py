"""Rules before Prometheus reads them: written, and checked by its own tool where that is there.

Prometheus ends at a rule that it does not take. Without its tool it says so itself, when it is
started.
"""

import tempfile
from pathlib import Path

from stack.errors import StackError
from stack.outside import finished
from stack.prometheus import rules
from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import Binary, tool_at_hand, tool_of
from stack.request import Request

_FAILED = "FAILED:"


def require(request: Request) -> None:
    """Raises: StackError for rules that cannot be, as far as that is known before a start."""
    with tempfile.TemporaryDirectory() as private:
        _write(request, Path(private) / "rules", tool_at_hand(PROMETHEUS, request.places))


def prepare(request: Request, binary: Binary) -> None:
    """Write the rules for Prometheus, checked. Raises: StackError."""
    _write(request, request.places.rules, tool_of(PROMETHEUS, binary.path))


def check(promtool: Path, folder: Path) -> str | None:
    """What Prometheus's own tool finds wrong with a folder's rules; None where they are right."""
    files = sorted(map(str, folder.glob("*.yml")))
    done = finished([str(promtool), "check", "rules", *files])
    # where the tool is what is wrong, Prometheus itself will say what it thinks
    if done is None or done.returncode == 0 or _FAILED not in done.stderr:
        return None
    # a file that is no YAML it names twice
    lines = dict.fromkeys(line.rstrip() for line in done.stderr.splitlines())
    return "\n".join(line for line in lines if line and line.strip() != _FAILED)


def _write(request: Request, folder: Path, promtool: Path | None) -> None:
    repository = request.places.repository
    rules.write(repository, folder, request.settings)
    complaint = None if promtool is None else check(promtool, folder)
    if complaint is None:
        return
    for path in folder.iterdir():
        complaint = complaint.replace(str(path), str(rules.source_of(repository, path.name)))
    raise StackError(f"Prometheus does not take these rules:\n{complaint}")
