import json
from pathlib import Path

import pytest

from stack.request import read_request
from stack.status import NOT_RUNNING, status


def test_no_stack_is_exit_code_3_in_words_and_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = read_request({}, tmp_path)
    assert status(request) == NOT_RUNNING == 3
    assert "make start" in capsys.readouterr().out
    assert status(request, as_json=True) == NOT_RUNNING
    assert json.loads(capsys.readouterr().out) == {"running": False, "parts": []}
