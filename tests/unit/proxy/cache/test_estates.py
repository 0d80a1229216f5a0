"""What is left of an answer by one that leaves is read on, once."""

from proxy.cache.estates import Estate
from proxy.cache.parts import Part
from proxy.outcomes import Ending
from tests.clock import Clock
from tests.flying import Remainder


def test_what_was_missed_comes_first_then_what_comes_then_the_end_once() -> None:
    estate, rest = Estate(Clock()), Remainder()
    estate.left(
        rest, [Part(1.0, b"1\r\na\r\n", [b"a"], False), Part(2.0, b"", [b"b", b"c"], False)]
    )
    estate.pieces_received(3.0, [b"d"])
    estate.ended(Ending.COMPLETE)
    estate.pieces_received(4.0, [b"e"])
    estate.ended(Ending.BROKE_OFF)
    assert (rest.payload, rest.endings) == (b"abcd", [Ending.COMPLETE])


def test_one_answer_pays_for_what_was_measured_and_the_others_do_not() -> None:
    estate = Estate(Clock())
    assert not estate.pay()
    estate.left(Remainder(), [])
    assert estate.pay()
    assert not estate.pay()


def test_where_nobody_has_left_nothing_is_told() -> None:
    estate = Estate(Clock())
    estate.pieces_received(1.0, [b"a"])
    estate.ended(Ending.COMPLETE)
    rest = Remainder()
    estate.left(rest, [])
    assert (rest.payload, rest.endings) == (b"", [])
