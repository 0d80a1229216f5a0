"""Prometheus's own tool, as a command."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.components import need


def promtool(*words: str) -> str:
    """What promtool says of something that it finds right."""
    remedy = "install the package prometheus, which brings promtool"
    need("prometheus", shutil.which("promtool") is not None, remedy)
    done = subprocess.run(
        ["promtool", *words], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def require_readable(expressions: Sequence[str], folder: Path) -> None:
    """Have promtool read each expression, as a rule. Raises: AssertionError, with what it said."""
    rules = [{"record": f"asked:{number}", "expr": expr} for number, expr in enumerate(expressions)]
    path = folder / "asked.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", str(path))
