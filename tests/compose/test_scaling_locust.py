"""Load from several machines: Locust's master and two workers before several proxies."""

import contextlib
import importlib.util
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from tests.components import need
from tests.compose.projects import WITHIN_SECONDS, Project, own_project, running
from tests.ports import free_port
from traffic.results.results import load

MODEL = "smollm2:135m"
WORKERS = 2
CHATS = 'ollama_proxy_requests_total{endpoint="/api/chat"}'

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    is_there = importlib.util.find_spec("locust") is not None
    need("locust", is_there, "pip install --require-hashes -r requirements/locust.txt")
    with running(own_project(tmp_path_factory.mktemp("locust"))) as project:
        project.up("--scale", "proxy=2")
        yield project


@contextlib.contextmanager
def locust(into: Path, url: str, *flags: str) -> Iterator[subprocess.Popen[str]]:
    """One machine's Locust, gone at the end. All of them are told the same plan."""
    told = {
        "PATH": os.environ["PATH"],  # noqa: TID251
        "TRAFFIC_BASE_URL": url,
        "TRAFFIC_MODEL": MODEL,
        "TRAFFIC_PRESET": "demo",
        "TRAFFIC_RESULTS_DIRECTORY": str(into / "results"),
        "TRAFFIC_WORKERS": str(WORKERS),
    }
    file = str(REPOSITORY / "services/traffic/locustfile.py")
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", file, *flags],
        cwd=into,
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_every_question_of_the_plan_is_asked_once_and_the_proxies_count_the_same(
    project: Project, tmp_path: Path
) -> None:
    port, url = str(free_port()), project.url("proxy")
    master = ("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port)
    shown = ("--headless", "--only-summary", "--users", "8", "--spawn-rate", "100")
    worker = ("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    with (
        locust(tmp_path, url, *master, *shown, "--expect-workers", str(WORKERS)) as leading,
        locust(tmp_path, url, *worker),
        locust(tmp_path, url, *worker),
    ):
        said, _ = leading.communicate(timeout=WITHIN_SECONDS)
    assert leading.returncode == 0, said
    (folder,) = (tmp_path / "results").iterdir()
    records = load(folder).records
    asked = Counter((record.question_id, record.turn) for record in records)
    assert len(asked) > 50
    assert set(asked.values()) == {1}
    project.wait_for(f"sum({CHATS})", len(records))
    project.wait_for(f"count({CHATS} > 0)", 2)
    generated = sum(record.usage.generated_tokens or 0 for record in records if record.usage)
    project.wait_for("sum(ollama_proxy_generated_tokens_total)", generated)
