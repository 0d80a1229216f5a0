"""Stopping a dashboard that does not run is no error."""

from pathlib import Path

import pytest

from stack.dashboard.stop import stop_dashboard
from stack.request import read_request


def test_a_dashboard_that_does_not_run_needs_no_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stop_dashboard(read_request({}, tmp_path)) == 0
    assert capsys.readouterr().out == "dashboard: not running here\n"
