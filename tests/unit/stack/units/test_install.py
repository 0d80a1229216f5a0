import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from stack.errors import SettingsError, StackError
from stack.plan import Plan, digests
from stack.units.hardening import Footing
from stack.units.install import install, require_programs, write
from stack.units.manager import Manager
from stack.units.names import TARGET, ours, unit_of
from stack.units.service import Service
from stack.unsaid import KEYS_FILE
from tests.unit.stack.units.test_service import RUNS, installed
from tests.unitfiles import Systemctl, a_plan, a_service

PRIVATE = 0o600


def test_every_part_has_a_unit_and_a_private_file_of_variables(tmp_path: Path) -> None:
    service = a_service(tmp_path, Systemctl(), PROXY_USER_SALT="hush")
    service.places.files.mkdir(parents=True)
    plan = a_plan(service)
    write(service, plan, Footing.USER)
    assert len(service.manager.installed()) == len(plan.parts) + 1
    for part in plan.parts:
        path = service.places.environment_of(part.name)
        assert stat.S_IMODE(path.stat().st_mode) == PRIVATE
    text = service.places.environment_of("proxy").read_text()
    assert 'PROXY_USER_SALT="hush"\n' in text
    assert service.plan() == plan


def test_a_part_that_is_no_longer_wished_for_has_no_unit(tmp_path: Path) -> None:
    service = a_service(tmp_path, Systemctl())
    service.places.files.mkdir(parents=True)
    plan = a_plan(service)
    write(service, plan, Footing.USER)
    (service.manager.units / "mine.service").touch()
    write(service, Plan(parts=plan.parts[:1]), Footing.USER)
    assert service.manager.installed() == [TARGET, unit_of(plan.parts[0].name)]
    assert (service.manager.units / "mine.service").exists()


def test_as_root_configuration_and_rules_are_open_to_the_parts_and_nothing_else(
    tmp_path: Path,
) -> None:
    service = a_service(tmp_path, Systemctl())
    files = service.places.files
    (files / "rules").mkdir(parents=True, mode=0o700)
    for name in ("prometheus.yml", "rules/a.yml", "alertmanager.yml"):
        (files / name).touch(0o600)
    write(service, a_plan(service), Footing.SYSTEM)
    closed = {
        path.name for path in files.rglob("*") if path.is_file() and not path.stat().st_mode & 4
    }
    assert "alertmanager.yml" in closed
    assert "proxy.env" in closed
    assert not closed & {"prometheus.yml", "a.yml"}


def test_where_users_have_no_namespaces_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = a_service(tmp_path, Systemctl())
    service.places.files.mkdir(parents=True)
    write(service, a_plan(service), Footing.USER_WITHOUT_NAMESPACES)
    assert "no namespaces of their own" in capsys.readouterr().out


def test_without_a_manager_nothing_is_written(tmp_path: Path) -> None:
    service = a_service(tmp_path, Systemctl({"show": (1, "Host is down")}))
    with pytest.raises(StackError, match="Host is down"):
        install(service)
    assert list(tmp_path.iterdir()) == []


def test_the_service_of_another_checkout_is_not_written_over(tmp_path: Path) -> None:
    installed(tmp_path, RUNS)
    (tmp_path / "units" / TARGET).write_text("[X-Ollama-Observe]\nCheckout=/usr\n")
    with pytest.raises(StackError, match="found that of /usr: `make remove-service` there"):
        install(a_service(tmp_path, Systemctl()))


def of_the_machine(folder: Path) -> Service:
    """The machine's service of a checkout in which everybody may write."""
    service = a_service(folder, Systemctl())
    folder.chmod(0o777)
    return replace(service, manager=Manager(True, folder / "units", service.manager.call))


def test_the_machines_service_runs_no_checkout_that_others_write(tmp_path: Path) -> None:
    service = of_the_machine(tmp_path)
    with pytest.raises(StackError, match=f"nothing that others than root can write: .*{tmp_path}"):
        install(service)
    assert list(tmp_path.iterdir()) == []


def test_the_machines_service_runs_no_program_that_others_write(tmp_path: Path) -> None:
    service = of_the_machine(tmp_path)
    service.places.downloads.mkdir(parents=True)
    part = replace(a_plan(service).parts[0], command=(str(tmp_path / "node"),))
    (tmp_path / "node").touch(0o777)
    with pytest.raises(StackError, match="nothing that others than root can write"):
        require_programs(service, Plan(parts=(part,)))
    require_programs(a_service(tmp_path, Systemctl()), Plan(parts=(part,)))


def test_a_service_that_runs_is_not_stopped_for_a_variable_that_no_part_takes(
    tmp_path: Path,
) -> None:
    installed(tmp_path, RUNS)
    systemctl = Systemctl({"show": (0, RUNS)})
    off = {"PROMETHEUS": "off", "DASHBOARD": "off"}
    with pytest.raises(SettingsError, match="did you mean PROXY_PORT"):
        install(a_service(tmp_path, systemctl, PROXY_PROT="1", **off))
    assert systemctl.verbs() == []


def test_keys_that_the_service_asks_for_are_not_taken_off_unmeant(tmp_path: Path) -> None:
    installed(tmp_path, RUNS)
    systemctl = Systemctl({"show": (0, RUNS)})
    off = {"PROMETHEUS": "off", "DASHBOARD": "off"}
    service = a_service(tmp_path, systemctl, **off)
    service.places.files.mkdir(parents=True, exist_ok=True)
    replace(a_plan(service), digests=digests({KEYS_FILE: "keys.toml"})).save(service.places.files)
    with pytest.raises(SettingsError, match="`make install-service PROXY_API_KEYS_FILE=` takes"):
        install(service)
    assert systemctl.verbs() == []


def test_a_service_that_runs_goes_on_where_its_successor_cannot_be(tmp_path: Path) -> None:
    installed(tmp_path, RUNS)
    systemctl = Systemctl({"show": (0, RUNS)})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        service = a_service(tmp_path, systemctl, OLLAMA_URL=url, PROMETHEUS="off", DASHBOARD="off")
        with pytest.raises(StackError, match="no Ollama answers at OLLAMA_URL"):
            install(service)
    assert systemctl.verbs() == ["stop", "start"]
    assert ours(path.name for path in (tmp_path / "units").iterdir()) == [TARGET, unit_of("proxy")]
