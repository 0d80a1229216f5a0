from pathlib import Path
from typing import cast

import pytest

from stack.parts import Address, Part
from stack.plan import Plan
from stack.processes import Process
from stack.prometheus.configuration import CONFIGURATION as OF_PROMETHEUS
from stack.request import read_request
from stack.supervised import Supervisor
from stack.supervision import CONFIGURATION
from stack.transition import Transition, write

PROMETHEUS = Part("prometheus", ("prometheus",), (), "", 1, 1)
DASHBOARD = Part("dashboard", (), (Address("dashboard", "127.0.0.1", 3, ""),), "", 1, 1)
PART = Part("proxy", ("true",), (), "", 1, 1, {"PROXY_PORT": "1", "TRUSTED": "us"})


def test_plan_and_configuration_are_written_together_and_hold_no_variables(tmp_path: Path) -> None:
    request = read_request({"PROXY_KEY": "hunter2"}, tmp_path)
    request.places.run.mkdir(parents=True)
    write(request, Plan((PART,)))
    conf = (request.places.run / CONFIGURATION).read_text()
    assert "[program:proxy]" in conf
    assert "hunter2" not in conf
    assert Plan.load(request.places.run) == Plan((PART,))


class FakeSupervisor:
    """One under which nothing runs; it remembers whom it sent a signal."""

    def __init__(self) -> None:
        self.signals: list[tuple[str, str]] = []

    def processes(self) -> dict[str, Process]:
        return {}

    def reload(self) -> None:
        """There is nothing to read."""

    def signal(self, name: str, signal: str) -> None:
        self.signals.append((name, signal))


@pytest.mark.parametrize(
    ("before", "after", "targets", "signals"),
    [
        ((PROMETHEUS,), (PROMETHEUS, DASHBOARD), "[]", [("prometheus", "HUP")]),
        ((PROMETHEUS,), (PROMETHEUS, PART), "[old]", []),
        ((), (PROMETHEUS, DASHBOARD), "[old]", []),
    ],
)
def test_a_prometheus_that_stays_is_told_of_who_came_and_went(
    before: tuple[Part, ...],
    after: tuple[Part, ...],
    targets: str,
    signals: list[tuple[str, str]],
    tmp_path: Path,
) -> None:
    request = read_request({}, tmp_path)
    request.places.run.mkdir(parents=True)
    path = request.places.run / OF_PROMETHEUS
    text = "  - job_name: dashboard\n    static_configs:\n      - targets: "
    path.write_text(f"{text}[old]\n")
    supervisor = FakeSupervisor()
    transition = Transition(request, Plan(before), Plan(after))
    transition.undo(cast("Supervisor", supervisor))
    assert path.read_text() == f"{text}{targets}\n"
    assert supervisor.signals == signals
