from pathlib import Path

import pytest

from stack.errors import StackError
from stack.request import read_request
from stack.units.folders import unit_places
from stack.units.manager import Manager
from stack.units.names import TARGET, unit_of
from stack.units.service import running, service_of
from stack.units.unit import target
from tests.unitfiles import Systemctl, a_plan, a_service

RUNS = "Id=ollama-observe-proxy.service\nActiveState=active\nSubState=running\nMainPID=1\n"
ENDED = "Id=ollama-observe-proxy.service\nActiveState=inactive\nSubState=dead\nMainPID=0\n"


def installed(folder: Path, state: str) -> Manager:
    """A manager with the units of the checkout that is `folder`."""
    units = folder / "units"
    units.mkdir()
    service = a_service(folder, Systemctl())
    (units / TARGET).write_text(target(["proxy"], service.places))
    (units / unit_of("proxy")).touch()
    return Manager(False, units, Systemctl({"show": (0, state)}))


def test_a_service_that_runs_is_found_and_one_that_was_stopped_is_not(tmp_path: Path) -> None:
    request = read_request({}, tmp_path)
    assert running(request, Manager(False, tmp_path / "none", Systemctl())) is None
    manager = installed(tmp_path, RUNS)
    assert running(request, manager) is not None
    assert running(request, Manager(False, manager.units, Systemctl({"show": (0, ENDED)}))) is None


def test_the_service_of_another_checkout_is_not_this_ones(tmp_path: Path) -> None:
    manager = installed(tmp_path, RUNS)
    other = read_request({}, tmp_path / "other")
    assert running(other, manager) is None
    assert service_of(other, manager).checkout() == str(tmp_path)


def test_the_service_of_a_checkout_that_is_gone_is_that_of_where_it_was_moved(
    tmp_path: Path,
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    manager = installed(before, RUNS)
    moved = before.rename(tmp_path / "moved")
    manager = Manager(False, moved / "units", manager.call)
    found = running(read_request({}, moved), manager)
    assert found is not None
    assert found.checkout() is None


def test_a_plan_is_there_where_units_are(tmp_path: Path) -> None:
    service = a_service(tmp_path, Systemctl())
    assert service.plan() is None
    service.places.files.mkdir(parents=True)
    a_plan(service).save(service.places.files)
    assert service.plan() is None
    installed(tmp_path, RUNS)
    found = service.plan()
    assert found is not None
    assert found.part("proxy") == a_plan(service).part("proxy")


def test_all_stop_in_one_call_so_that_they_go_in_their_order(tmp_path: Path) -> None:
    installed(tmp_path, RUNS)
    systemctl = Systemctl()
    service = a_service(tmp_path, systemctl)
    service.stop()
    service.start()
    assert systemctl.asked[0] == ["systemctl", "--user", "stop", TARGET, unit_of("proxy")]
    assert systemctl.verbs() == ["stop", "start"]
    assert service.whose == "your own systemd"


def test_what_somebody_stopped_does_not_count_as_what_runs(tmp_path: Path) -> None:
    stopped = ENDED.replace("proxy", "dashboard")
    service = a_service(tmp_path, Systemctl({"show": (0, f"{RUNS}\n{stopped}")}))
    assert service.what_runs() is None
    service.places.files.mkdir(parents=True)
    a_plan(service).save(service.places.files)
    installed(tmp_path, RUNS)
    found = service.what_runs()
    assert found is not None
    assert service.stopped() == ["dashboard"]
    assert found.part("dashboard") is None
    assert len(found.parts) == len(a_plan(service).parts) - 1
    assert "dashboard was stopped: make start brings it back" in found.notes


def test_a_part_is_started_and_stopped_alone_within_its_own_bound(tmp_path: Path) -> None:
    installed(tmp_path, RUNS)
    systemctl = Systemctl()
    service = a_service(tmp_path, systemctl)
    service.stop("dashboard")
    service.start("dashboard", "portkey")
    assert [call[2:] for call in systemctl.asked] == [
        ["stop", unit_of("dashboard")],
        ["start", unit_of("dashboard"), unit_of("portkey")],
    ]


def test_the_lock_closes_no_folder_that_the_parts_enter(tmp_path: Path) -> None:
    service = a_service(tmp_path, Systemctl())
    with service.alone():
        assert (service.places.lock / "lock").exists()
    of_system = unit_places(service.asked.places, is_system=True)
    assert of_system.lock != of_system.files


def test_the_log_of_a_part_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path,
) -> None:
    installed(tmp_path, RUNS)
    service = a_service(tmp_path, Systemctl({"show": (0, RUNS)}))
    with pytest.raises(StackError, match="no log of 'engine', there are: proxy"):
        service.logs("engine", follow=False)
