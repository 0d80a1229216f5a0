import os
import subprocess
import sys
from pathlib import Path

from stack.supervised import connect, is_alive, orphans, process_of, unreachable

RECORD = {
    "name": "proxy",
    "statename": "RUNNING",
    "pid": 7,
    "start": 100,
    "stop": 0,
    "now": 160,
    "spawnerr": "",
    "description": "pid 7, uptime 0:01:00",
}


def test_a_running_part_is_up_since_its_start() -> None:
    process = process_of(RECORD)
    assert (process.pid, process.since, process.uptime_seconds, process.detail) == (7, 100, 60, "")


def test_a_part_that_ended_has_no_pid_and_is_down_since_its_end() -> None:
    process = process_of(
        RECORD | {"statename": "EXITED", "pid": 0, "stop": 150, "description": "Nov 23 08:00 PM"}
    )
    assert (process.pid, process.since, process.uptime_seconds) == (None, 150, 0)


def test_no_socket_is_no_supervisor(tmp_path: Path) -> None:
    assert connect(tmp_path / "absent.sock") is None


def test_a_socket_that_nobody_answers_is_no_supervisor(tmp_path: Path) -> None:
    (tmp_path / "stale.sock").touch()
    assert connect(tmp_path / "stale.sock") is None


def test_a_part_whose_supervisor_died_is_found_by_its_environment(tmp_path: Path) -> None:
    socket = tmp_path / "supervisor.sock"
    variables = {"SUPERVISOR_SERVER_URL": f"unix://{socket}", "SUPERVISOR_PROCESS_NAME": "proxy"}
    command = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    with subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as left_over:
        assert left_over.stdin is not None
        assert left_over.stdout is not None
        assert left_over.stdout.readline() == b"up\n"
        assert orphans(socket) == {left_over.pid: "proxy"}
        assert orphans(tmp_path / "another.sock") == {}
        assert is_alive(left_over.pid)
        left_over.stdin.close()
        os.waitid(os.P_PID, left_over.pid, os.WEXITED | os.WNOWAIT)
        # ended, and nobody has waited for it yet
        assert not is_alive(left_over.pid)


def test_a_supervisor_is_known_by_the_folder_that_it_runs_in(tmp_path: Path) -> None:
    assert unreachable(tmp_path) is None
    (tmp_path / "supervisord.pid").write_text(f"{os.getpid()}\n")
    assert unreachable(tmp_path) is None  # this process runs elsewhere
    sleeping = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(sleeping, cwd=tmp_path, stdin=subprocess.PIPE) as child:
        (tmp_path / "supervisord.pid").write_text(f"{child.pid}\n")
        assert unreachable(tmp_path) == child.pid
        child.terminate()
    assert unreachable(tmp_path) is None
