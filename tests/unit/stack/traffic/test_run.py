from pathlib import Path

import pytest

from stack.errors import StackError
from stack.request import read_request
from stack.traffic.run import results, traffic


def test_without_a_stack_no_question_is_sent(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no stack is running to send questions to: make start"):
        traffic(read_request({}, tmp_path), ["--preset", "quick"])


def test_results_are_kept_in_the_checkout(tmp_path: Path) -> None:
    assert results(tmp_path) == {"TRAFFIC_RESULTS_DIRECTORY": f"{tmp_path}/results"}
