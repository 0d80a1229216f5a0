from pathlib import Path

import pytest

from stack.portkey.stop import stop_portkey
from stack.request import read_request


def test_nothing_to_stop_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stop_portkey(read_request({}, tmp_path)) == 0
    assert capsys.readouterr().out == "portkey: not running here\n"
