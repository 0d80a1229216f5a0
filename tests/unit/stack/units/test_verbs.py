import json
from pathlib import Path

import pytest

from stack.units import verbs
from tests.unit.stack.units.test_service import ENDED, RUNS, installed
from tests.unitfiles import Systemctl, a_plan, a_service


def test_no_service_and_one_that_was_stopped_are_exit_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = a_service(tmp_path, Systemctl({"show": (0, ENDED)}))
    assert verbs.status(service) == 3
    assert "make install-service" in capsys.readouterr().out
    service.places.files.mkdir(parents=True)
    a_plan(service).save(service.places.files)
    installed(tmp_path, ENDED)
    assert verbs.status(service, as_json=True) == 3
    assert json.loads(capsys.readouterr().out) == {"running": False, "parts": []}


def test_a_part_that_is_not_ready_is_named_with_how_to_read_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = a_service(tmp_path, Systemctl({"show": (0, RUNS)}), PROXY_CONTROL_PORT="1")
    service.places.files.mkdir(parents=True)
    a_plan(service).save(service.places.files)
    installed(tmp_path, RUNS)
    assert verbs.already(service) == 1
    told = capsys.readouterr()
    assert "not healthy, under your own systemd" in told.out
    assert "it runs as a service, nothing changed" in told.out
    assert "proxy is not ready: journalctl --user -u ollama-observe-proxy.service" in told.err


def test_a_stop_says_that_it_is_none_for_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systemctl = Systemctl()
    assert verbs.stop(a_service(tmp_path, systemctl)) == 0
    assert "make remove-service" in capsys.readouterr().out
    assert systemctl.verbs() == ["stop"]


def test_a_restart_stops_and_starts_what_is_installed(tmp_path: Path) -> None:
    systemctl = Systemctl()
    assert verbs.restart(a_service(tmp_path, systemctl)) == 3
    assert systemctl.verbs() == ["stop", "start"]
