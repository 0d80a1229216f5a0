"""States are told apart."""

from stack.processes import ENDED, RUNNING


def test_a_process_that_runs_has_not_ended() -> None:
    assert not RUNNING & ENDED
