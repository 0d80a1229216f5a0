"""One part goes; tests/integration/test_stack_dashboard.py has one that runs beside others."""

from pathlib import Path

import pytest

from stack.leaving import leave
from stack.parts import Part
from stack.places import private_folder
from stack.plan import Plan
from stack.request import read_request


@pytest.mark.parametrize("is_planned", [False, True])
def test_what_no_supervisor_runs_need_not_leave(
    tmp_path: Path, is_planned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    request = read_request({}, tmp_path)
    if is_planned:
        private_folder(request.places.run)
        Plan((Part("dashboard", (), (), "", 1, 1),)).save(request.places.run)
    assert leave(request, "dashboard") is None
    assert capsys.readouterr().out == "dashboard: not running here\n"
