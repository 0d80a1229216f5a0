from pathlib import Path

import pytest

from stack.errors import StackError
from stack.request import read_request
from stack.traffic import traffic


def test_without_a_stack_no_question_is_sent(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no stack is running to send questions to: make start"):
        traffic(read_request({}, tmp_path), ["--preset", "quick"])
