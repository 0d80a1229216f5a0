from pathlib import Path

import pytest

from stack.errors import StackError
from stack.units.hardening import Footing
from stack.units.manager import Manager, call, manager_of, process_of
from stack.units.names import TARGET, unit_of
from tests.unitfiles import Systemctl

RUNS = """\
Id=ollama-observe-proxy.service
ActiveState=active
SubState=running
Result=success
MainPID=17
StateChangeTimestamp=@1790000000
"""
FAILED = """\
Id=ollama-observe-gpu-exporter.service
ActiveState=activating
SubState=auto-restart
Result=exit-code
MainPID=0
StateChangeTimestamp=
"""


def test_root_has_the_machines_manager_and_anybody_else_their_own() -> None:
    assert manager_of(0, "", Path("/root")).units == Path("/etc/systemd/system")
    own = manager_of(1000, "", Path("/home/jo"))
    assert own.units == Path("/home/jo/.config/systemd/user")
    assert own.command("stop", TARGET) == ["systemctl", "--user", "stop", TARGET]
    assert own.log_of("proxy") == f"journalctl --user -u {unit_of('proxy')}"
    assert own.logs().startswith("journalctl --user -f")


def test_a_unit_that_runs_is_told_as_a_process_that_runs() -> None:
    found = process_of(RUNS)
    assert (found.name, found.state, found.pid, found.detail) == ("proxy", "RUNNING", 17, "")
    assert found.since == 1790000000


def test_a_unit_that_is_started_again_and_again_is_told_with_the_reason() -> None:
    found = process_of(FAILED)
    assert (found.name, found.state, found.pid) == ("gpu-exporter", "BACKOFF", None)
    assert found.detail == "systemd says: exit-code"
    assert found.uptime_seconds == 0


def test_a_manager_that_does_not_answer_is_named_with_what_it_said(tmp_path: Path) -> None:
    silent = Systemctl({"show": (1, "Host is down")})
    with pytest.raises(StackError, match=r"systemctl --user\), found none: Host is down; .*su"):
        Manager(False, tmp_path, silent).require()
    with pytest.raises(StackError, match="first process, found none: Host is down"):
        Manager(True, tmp_path, silent).require()
    Manager(True, tmp_path, Systemctl()).require()


def test_a_users_namespaces_are_tried_and_not_assumed(tmp_path: Path) -> None:
    assert Manager(False, tmp_path, Systemctl()).footing() is Footing.USER
    without = Manager(False, tmp_path, Systemctl({"true": (1, "")}))
    assert without.footing() is Footing.USER_WITHOUT_NAMESPACES
    assert Manager(True, tmp_path, Systemctl({"true": (1, "")})).footing() is Footing.SYSTEM


def test_only_units_of_ours_are_asked_about(tmp_path: Path) -> None:
    assert Manager(False, tmp_path / "none", Systemctl()).processes() == {}
    for name in ("other.service", TARGET, unit_of("proxy"), unit_of("gpu-exporter")):
        (tmp_path / name).touch()
    manager = Manager(False, tmp_path, Systemctl({"show": (0, f"{RUNS}\n{FAILED}")}))
    assert set(manager.processes()) == {"proxy", "gpu-exporter"}
    assert manager.is_active()
    assert manager.checkout() is None


def test_a_target_says_whose_units_these_are(tmp_path: Path) -> None:
    manager = Manager(False, tmp_path, Systemctl())
    assert manager.checkout() is None
    (tmp_path / TARGET).write_text("[Unit]\n\n[X-Ollama-Observe]\nCheckout=/srv/a\n")
    assert manager.checkout() == "/srv/a"


def test_a_verb_that_fails_is_shown_as_somebody_would_type_it(tmp_path: Path) -> None:
    manager = Manager(False, tmp_path, Systemctl({"start": (1, "no such unit\n")}))
    with pytest.raises(StackError, match=rf"`systemctl --user start {TARGET}` failed: no such"):
        manager.do("start", TARGET)


def test_a_program_that_is_not_there_or_does_not_end_has_an_exit_code() -> None:
    assert call(["/nowhere/systemctl"], 1.0).returncode == 127
    assert call(["sleep", "9"], 0.05).returncode == 127
    assert call(["echo", "here"], 5.0).stdout == "here\n"
