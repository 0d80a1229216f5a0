"""Prometheus's own tool, as a command."""

import shutil
import subprocess

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
