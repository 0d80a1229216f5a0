"""What collectors leave for each other: true for a while."""

import pytest

from gpu_exporter.board import Board, Fact, recent


def test_a_fact_is_told_while_it_holds() -> None:
    fact = Fact(10.0, "known", until=15.0)
    assert recent(fact, 15.0) == "known"
    assert recent(fact, 15.1) is None
    assert recent(None, 15.0) is None


def test_an_empty_fact_is_a_fact() -> None:
    assert recent(Fact(10.0, ()), 10.0) == ()


def test_a_new_board_knows_nothing() -> None:
    board = Board()
    assert (board.gpus, board.loaded, board.names_by_weights) == (None, None, None)
    assert (board.installed, board.joules) == (None, {})


def test_a_fact_outlives_a_turn_that_was_missed() -> None:
    assert Fact.regular(100.0, "known", 1.0) == Fact(100.0, "known", until=110.0)
    assert Fact.regular(100.0, "known", 60.0) == Fact(100.0, "known", until=280.0)


def test_what_fails_takes_a_fact_off_and_what_does_not_leaves_it() -> None:
    board = Board(loaded=Fact(0.0, ()), installed=Fact(0.0, ()))
    with board.losing("loaded"):
        pass
    with pytest.raises(OSError, match="x"), board.losing("installed"):
        raise OSError("x")
    assert (board.loaded, board.installed) == (Fact(0.0, ()), None)
