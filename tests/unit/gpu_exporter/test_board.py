"""What collectors leave for each other: true for a while."""

from gpu_exporter.board import Board, Fact, believed_seconds, recent


def test_a_fact_is_told_until_it_is_too_old() -> None:
    fact = Fact(10.0, "known")
    assert recent(fact, 15.0, within_seconds=5.0) == "known"
    assert recent(fact, 15.1, within_seconds=5.0) is None
    assert recent(None, 15.0, within_seconds=5.0) is None


def test_an_empty_fact_is_a_fact() -> None:
    assert recent(Fact(10.0, ()), 10.0, within_seconds=5.0) == ()


def test_a_new_board_knows_nothing() -> None:
    board = Board()
    assert (board.gpus, board.loaded, board.blobs, board.joules) == (None, None, None, {})


def test_a_fact_outlives_a_turn_that_was_missed() -> None:
    assert (believed_seconds(1.0), believed_seconds(60.0)) == (10.0, 180.0)
