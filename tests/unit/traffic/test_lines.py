"""What others wrote neither moves a cursor nor breaks a line, nor is half a letter."""

from pathlib import Path

import pytest

from traffic.lines import one_line, plain, printable

ODD = "a\x1b[2J\nb\udcff\x9bc"


def test_what_cannot_be_shown_is_a_blank() -> None:
    assert printable(ODD) == "a [2J b  c"
    assert printable("two  blanks, é, 語") == "two  blanks, é, 語"


def test_a_line_has_one_blank_between_two_words_and_an_end() -> None:
    assert one_line(f" {ODD} ") == "a [2J b c"
    assert one_line("x" * 300, 100) == "x" * 100


@pytest.mark.parametrize("odd", ["\x1b", "\n", "\x00", "\x7f", "\x9b", "\u2028", "\udcff"])
def test_a_setting_that_could_not_be_shown_is_refused(odd: str) -> None:
    for value in (f"a{odd}b", Path(f"a{odd}b")):
        with pytest.raises(ValueError, match="in one line, without control characters"):
            plain(value)


@pytest.mark.parametrize("value", ["", "語 👩\u200d🚀\xa0x", Path("a b"), 3, None, ["\n"]])
def test_anything_else_is_left_as_it_is(value: object) -> None:
    assert plain(value) is value
