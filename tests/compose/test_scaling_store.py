"""Every sample in a long-term store as well: Prometheus's remote write, as the document tells."""

import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from stack.waiting import wait_until
from tests.compose.asking import ask
from tests.compose.files import BASE
from tests.compose.projects import WITHIN_SECONDS, Project, own_project, running
from tests.containers import need_image
from tests.panels import TOTAL, asked
from tests.ports import free_port
from tests.prometheus_api import PrometheusApi

MODEL = "smollm2:135m"
STORE = "tests/compose/scaling/long-term-store.yaml"
COMMAND = "cat prometheus/compose.yml prometheus/remote-write.yml > .local/prometheus.yml"
REQUESTS = 'ollama_proxy_requests_total{endpoint="/api/chat"}'

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def port() -> str:
    return str(free_port())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, port: str) -> Iterator[Project]:
    need_image("debian:trixie-slim")
    folder = tmp_path_factory.mktemp("store")
    write_as_told(folder / "prometheus.yml")
    variables = {
        "PROMETHEUS_CONFIG": str(folder / "prometheus.yml"),
        "VICTORIA_METRICS_PORT": port,
    }
    with running(own_project(folder, files=(BASE, STORE), **variables)) as project:
        yield project


@pytest.fixture
def store(project: Project, port: str) -> PrometheusApi:
    return PrometheusApi(f"http://127.0.0.1:{port}")


def write_as_told(path: Path) -> None:
    names = COMMAND.removeprefix("cat ").partition(" > ")[0].split()
    path.write_text("".join((REPOSITORY / name).read_text() for name in names))


@pytest.mark.parametrize("name", ["docs/SCALING.md", "prometheus/remote-write.yml"])
def test_what_is_told_is_what_is_tried_here(name: str) -> None:
    assert COMMAND in (REPOSITORY / name).read_text()


def test_the_store_has_what_prometheus_has_by_machine(
    project: Project, store: PrometheusApi
) -> None:
    assert {ask(project.url("proxy"), MODEL).outcome for _ in range(30)} == {"ok"}
    assert wait_until(lambda: store.sums("machine", REQUESTS) == {"gpu-box-1": 30}, WITHIN_SECONDS)
    assert project.prometheus.sums("machine", REQUESTS) == {"": 30}
    recorded = "count(stack:ollama_proxy_requests:increase5m)"
    assert wait_until(
        lambda: store.query(recorded) == project.prometheus.query(recorded) > 0, WITHIN_SECONDS
    )


def test_what_it_missed_while_it_was_away_is_sent_later(
    project: Project, store: PrometheusApi
) -> None:
    samples = f"sum(count_over_time({REQUESTS}[10m]))"
    project.run("stop", "victoria-metrics")
    before = project.prometheus.query(samples)
    assert wait_until(lambda: project.prometheus.query(samples) >= before + 3, WITHIN_SECONDS)
    # of this moment: what comes after it is always a little behind
    until = project.prometheus.query("vector(time())")
    missed = f"sum(count_over_time({REQUESTS}[10m] @ {until:.3f}))"
    project.up("--no-recreate", "victoria-metrics")
    assert wait_until(
        lambda: store.query(missed) == project.prometheus.query(missed) > before, WITHIN_SECONDS
    )
    for fate in ("failed", "dropped"):
        assert project.prometheus.query(f"sum(prometheus_remote_storage_samples_{fate}_total)") == 0


def test_the_store_understands_every_question_of_the_dashboard(store: PrometheusApi) -> None:
    assert [one.name for one in asked(TOTAL) if not understands(store, one.expr)] == []


def understands(api: PrometheusApi, expression: str) -> bool:
    try:
        api.query(f"count({expression})")
    except urllib.error.HTTPError:
        return False
    return True
