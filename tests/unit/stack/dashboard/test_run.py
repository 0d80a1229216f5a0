"""The dashboard in the foreground has what one under the supervisor has."""

import socket
from pathlib import Path

import pytest

from stack.dashboard.run import dashboard, environment
from stack.errors import StackError
from stack.parts import Address, Part
from stack.places import private_folder
from stack.plan import Plan
from stack.request import read_request


def test_it_is_told_what_the_operator_says_and_nothing_that_is_the_stacks() -> None:
    variables = {
        "DASHBOARD": "on",
        "DASHBOARD_PORT": "13001",
        "DASHBOARD_MOST_VIEWERS": "7",
        "PROXY_USER_SALT": "hunter2",
        "HOME": "/root",
    }
    told = environment(read_request(variables, Path("/nowhere")))
    assert told["DASHBOARD_PORT"] == "13001"
    assert told["DASHBOARD_MOST_VIEWERS"] == "7"
    assert told["HOME"] == "/root"
    assert not {"DASHBOARD", "PROXY_USER_SALT"} & set(told)


def test_it_asks_the_parts_of_a_stack_that_runs_and_of_none_that_was_stopped(
    tmp_path: Path,
) -> None:
    request = read_request({}, tmp_path)
    private_folder(request.places.run)
    address = Address("prometheus", "127.0.0.1", 19090, "")
    Plan((Part("prometheus", (), (address,), "", 1, 1),)).save(request.places.run)
    assert environment(request)["DASHBOARD_PROMETHEUS_URL"] == "http://127.0.0.1:9090"
    private_folder(request.socket.parent)
    request.socket.touch()
    assert environment(request)["DASHBOARD_PROMETHEUS_URL"] == "http://127.0.0.1:19090"
    request.socket.unlink()


def test_it_asks_the_parts_that_run_in_another_world(tmp_path: Path) -> None:
    address = Address("prometheus", "127.0.0.1", 19090, "")
    plan = Plan((Part("prometheus", (), (address,), "", 1, 1),))
    told = environment(read_request({}, tmp_path), plan)
    assert told["DASHBOARD_PROMETHEUS_URL"] == "http://127.0.0.1:19090"


def test_a_taken_port_is_said_with_what_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        request = read_request({"DASHBOARD_PORT": str(port)}, tmp_path)
        with pytest.raises(StackError, match=rf"port {port} .*make dashboard DASHBOARD_PORT="):
            dashboard(request)
