import json
from pathlib import Path

import pytest

from stack.plan import Plan
from stack.units import verbs
from stack.units.names import TARGET, unit_of
from stack.units.service import Service
from tests.unit.stack.units.test_service import ENDED, RUNS, installed
from tests.unitfiles import Systemctl, a_plan, a_service

PORTKEY_RUNS = RUNS.replace("proxy", "portkey")
PORTKEY_STOPPED = ENDED.replace("proxy", "portkey")


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
    assert verbs.start(service, "start") == 1
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


def with_a_plan(folder: Path, states: str, *parts: str, gateway: str | None = None) -> Service:
    """A service of these parts of all that there are, in these states."""
    service = a_service(folder, Systemctl({"show": (0, states)}))
    service.places.files.mkdir(parents=True)
    chosen = tuple(part for part in a_plan(service).parts if part.name in parts)
    Plan(parts=chosen, gateway=gateway).save(service.places.files)
    installed(folder, states)
    return service


def asked_of(service: Service) -> list[list[str]]:
    """What systemctl was asked, but to show something."""
    systemctl = service.manager.call
    assert isinstance(systemctl, Systemctl)
    return [call[2:] for call in systemctl.asked if "show" not in call]


def test_a_part_is_stopped_alone_and_said_to_come_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = with_a_plan(tmp_path, PORTKEY_RUNS, "portkey", gateway="http://127.0.0.1:8787")
    assert verbs.stop_part(service, "portkey") == 0
    assert asked_of(service) == [["stop", unit_of("portkey")]]
    said = capsys.readouterr().out
    assert "stopped, until your own systemd or make start-portkey starts it again" in said
    assert "the proxy sends requests direct" in said


@pytest.mark.parametrize("part", ["portkey", "dashboard"])
def test_a_part_that_does_not_run_needs_no_stop(
    part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = with_a_plan(tmp_path, f"{RUNS}\n{PORTKEY_STOPPED}", "proxy", "portkey")
    assert verbs.stop_part(service, part) == 0
    assert capsys.readouterr().out == f"{part}: not running here\n"
    assert asked_of(service) == []


@pytest.mark.parametrize("verb", ["start", "start-with-portkey", "start-portkey"])
def test_what_was_stopped_is_started_by_whoever_asks_for_it(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = with_a_plan(tmp_path, f"{RUNS}\n{PORTKEY_STOPPED}", "portkey")
    assert verbs.start(service, verb) == 0
    assert asked_of(service) == [["start", unit_of("portkey")]]
    assert "it runs as a service, started portkey" in capsys.readouterr().out


def test_what_was_stopped_stays_so_where_nobody_asks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = with_a_plan(tmp_path, f"{RUNS}\n{PORTKEY_STOPPED}", "portkey")
    assert verbs.start(service, "start-proxy") == 0
    assert asked_of(service) == []
    assert "portkey was stopped: make start brings it back" in capsys.readouterr().out


def test_a_part_that_a_service_is_without_is_said_with_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = with_a_plan(tmp_path, f"{RUNS}\n{PORTKEY_STOPPED}", "portkey")
    assert verbs.start(service, "start-dashboard") == 1
    assert "no dashboard: DASHBOARD=on make install-service" in capsys.readouterr().err


def test_a_restart_stops_and_starts_what_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systemctl = Systemctl()
    assert verbs.restart(a_service(tmp_path, systemctl)) == 3
    assert "make install-service applies other settings" in capsys.readouterr().out
    assert systemctl.verbs() == ["stop", "start"]


def test_a_service_that_was_stopped_is_started_whole_or_the_part_that_was_asked_for(
    tmp_path: Path,
) -> None:
    stopped = f"{ENDED}\n\n{PORTKEY_STOPPED}"
    for verb, expected in (
        ("start", ["start", TARGET]),
        ("start-portkey", ["start", unit_of("portkey")]),
    ):
        service = with_a_plan(tmp_path / verb, stopped, gateway="http://127.0.0.1:8787")
        verbs.start(service, verb)
        assert asked_of(service) == [expected]
