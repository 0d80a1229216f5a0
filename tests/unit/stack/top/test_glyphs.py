import pytest

from stack.top.glyphs import PLAIN, UNICODE, Glyphs, glyphs_of


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", UNICODE), ("ascii", PLAIN), ("iso8859-1", PLAIN), (None, PLAIN), ("no", PLAIN)],
)
def test_a_terminal_has_what_it_can_write(encoding: str | None, expected: Glyphs) -> None:
    assert glyphs_of(encoding) is expected


def test_what_stands_in_is_plain() -> None:
    letters = f"{PLAIN.bars}{PLAIN.ellipsis}{PLAIN.degree}{PLAIN.failed}"
    assert letters.isascii()
    assert PLAIN.bars[0] == UNICODE.bars[0] == " "
