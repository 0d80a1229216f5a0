"""The worker put together: gentle by default, healthy where its server answers."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from tests.ollamas import serving
from tests.unit.traffic.bank.test_loading import write_bank
from tests.unit.traffic.worker.test_session import Ollama
from traffic.__main__ import main
from traffic.bank.loading import Bank, load_bank
from traffic.settings import TrafficSettings
from traffic.worker.command import WorkerSettings, create_worker


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path))


def settings(**told: Any) -> WorkerSettings:
    return WorkerSettings(**told)


def health(client: TestClient) -> tuple[int, dict[str, tuple[bool, str]]]:
    answer = client.get("/health")
    checks = answer.json()["checks"]
    return answer.status_code, {name: (one["ok"], one["detail"]) for name, one in checks.items()}


def test_a_worker_asks_gently_without_end_and_on_the_loopback_alone() -> None:
    told = settings()
    assert (told.preset, told.arrival, told.rate_per_second) == ("continuous", "poisson", 0.2)
    assert (told.worker_host, told.worker_port) == ("127.0.0.1", 8002)


@pytest.mark.parametrize("rate", [0.0, 1e-7, 10_001.0])
def test_a_worker_has_a_rate_that_a_run_can_have(rate: float) -> None:
    for told in (WorkerSettings, TrafficSettings):
        with pytest.raises(ValidationError, match="rate_per_second"):
            told(rate_per_second=rate)


def test_a_worker_is_healthy_while_its_server_answers(bank: Bank) -> None:
    with serving(Ollama()) as server:
        worker = create_worker(settings(base_url=server.url), bank)
        worker.readiness.open()
        client = TestClient(worker.app)
        assert health(client) == (
            200,
            {"target": (True, f"{server.url} answers"), "run": (True, "idle")},
        )


def test_a_worker_without_its_server_says_so(bank: Bank, unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    worker = create_worker(settings(base_url=url), bank)
    worker.readiness.open()
    code, checks = health(TestClient(worker.app))
    assert code == 503
    assert checks["target"] == (
        False,
        f"nothing answers at {url}; start the stack with `make start`",
    )


def test_a_worker_answers_that_it_lives_and_is_not_ready_before_it_serves(bank: Bank) -> None:
    client = TestClient(create_worker(settings(), bank).app)
    assert client.get("/live").status_code == 200
    assert client.get("/ready").status_code == 503
    assert "traffic_build_info{" in client.get("/metrics").text


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    code = main(["worker", *argv])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    return err


def test_what_could_never_be_asked_ends_it_before_it_serves(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nowhere = ("--questions-directory", str(tmp_path / "nowhere"))
    assert "cannot read" in refused(capsys, *nowhere)
    here = ("--questions-directory", str(write_bank(tmp_path)))
    never = ("--duration-seconds", "0.001", "--rate-per-second", "0.1")
    assert "no question is due" in refused(capsys, *here, *never)


def test_a_wrong_setting_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["worker", "--worker-port", "99999"])
    assert "TRAFFIC_WORKER_PORT (--worker-port)" in capsys.readouterr().err
