from collections.abc import Sequence

import pytest
from rich.text import Text

from stack.top.columns import Column, cut, fitted, table, wrapped
from stack.top.glyphs import PLAIN, UNICODE

COLUMNS = (
    Column("NAME", 6, grows=True),
    Column("AGE", 5, is_right=True),
    Column("WAY", 4, rank=2),
    Column("ID", 4, rank=1),
)
ROWS = [("a-long-name:8b", "1s", "direct", "id-1"), ("b", "12m", "", "id-22")]


def plain(width: int, rows: Sequence[Sequence[str]] = ROWS) -> list[str]:
    return [line.plain for line in table(COLUMNS, rows, width, UNICODE)]


def test_where_there_is_room_all_of_it_is_shown() -> None:
    assert plain(60) == [
        "NAME              AGE  WAY     ID",
        "a-long-name:8b     1s  direct  id-1",
        "b                 12m          id-22",
    ]


def test_names_are_cut_down_to_what_is_kept_for_them_then_columns_go_by_their_rank() -> None:
    assert plain(28) == [
        "NAME      AGE  WAY     ID",
        "a-lon…     1s  direct  id-1",
        "b         12m          id-22",
    ]
    assert plain(27) == [
        "NAME             AGE  ID",
        "a-long-name:…     1s  id-1",
        "b                12m  id-22",
    ]
    assert plain(16)[1] == "a-long-n…     1s"
    assert plain(11)[1] == "a-l…     1s"


@pytest.mark.parametrize("width", range(12, 50))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, plain(width))) <= width


def test_a_column_without_any_text_is_left_out_unless_it_always_stays() -> None:
    assert plain(60, [("a", "", "", "x")]) == ["NAME      AGE  ID", "a              x"]


def test_a_heading_is_not_cut_by_short_cells() -> None:
    assert fitted((Column("HEADING"),), [[1]], 20, True) == {0: 7}
    assert fitted((Column("HEADING"),), [[1]], 20, False) == {0: 1}


def test_wide_letters_take_their_cells() -> None:
    assert [
        line.cell_len for line in table(COLUMNS, [("模型模型模型", "1s", "", "")], 13, UNICODE)
    ] == [
        13,
        13,
    ]
    assert cut("模型模型", 5, "…") == "模型…"
    assert cut("模型模型", 4, "…") == "模 …"
    assert cut("short", 5, "…") == "short"
    assert cut("short", 0, "…") == ""
    assert cut("longer", 4, PLAIN.ellipsis) == "lon>"


def test_control_characters_are_written_out() -> None:
    (line,) = table(COLUMNS[:1], [("a\x1b[2Jb\u202ec\n",)], 60, UNICODE, has_heading=False)
    assert line.plain == "a\\x1b[2Jb\\u202ec\\n"


def test_a_cell_keeps_its_colour() -> None:
    (line,) = table(COLUMNS[:1], [(Text("a", "red"),)], 9, UNICODE, has_heading=False)
    assert "red" in [str(span.style) for span in line.spans]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 20, ["one two three"]),
        ("one two three", 8, ["one two", "  three"]),
        ("模型 没有 回答", 9, ["模型 没有", "  回答"]),
        ("a 模型没有回答", 6, ["a", "  模型", "  没有", "  回答"]),
        ("abcdef", 4, ["abcd", "  ef"]),
        ("abc", 1, ["a", "b", "c"]),
        ("", 8, []),
    ],
)
def test_a_text_is_wrapped_by_cells(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines
