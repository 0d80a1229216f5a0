import io

from rich.console import Console
from rich.text import Text

from stack.top.painting import Painter


def painter(colours: str | None = "standard") -> Painter:
    console = Console(file=io.StringIO(), force_terminal=True, color_system=colours)  # type: ignore[arg-type]
    return Painter(console)


def lines(*texts: str) -> list[Text]:
    return [Text(text, end="") for text in texts]


def test_at_first_all_is_written_on_a_cleared_screen() -> None:
    said = painter().changes(lines("one", "two"), 80)
    assert said == "\x1b[0m\x1b[2J\x1b[1;1H\x1b[0m\x1b[Kone\x1b[2;1H\x1b[0m\x1b[Ktwo"


def test_then_only_lines_that_changed() -> None:
    one = painter()
    one.changes(lines("one", "two", "three"), 80)
    assert one.changes(lines("one", "TWO", "three"), 80) == "\x1b[2;1H\x1b[0m\x1b[KTWO"
    assert one.changes(lines("one", "TWO", "three"), 80) == ""


def test_a_colour_is_a_change() -> None:
    one = painter()
    one.changes(lines("one"), 80)
    assert one.changes([Text("one", "red", end="")], 80) == (
        "\x1b[1;1H\x1b[0m\x1b[K\x1b[31mone\x1b[0m"
    )


def test_lines_that_are_gone_are_cleared_and_new_ones_written() -> None:
    one = painter()
    one.changes(lines("one", "two"), 80)
    assert one.changes(lines("one"), 80) == "\x1b[2;1H\x1b[0m\x1b[K"
    assert one.changes(lines("one", "two"), 80) == "\x1b[2;1H\x1b[0m\x1b[Ktwo"


def test_a_terminal_that_was_used_by_others_is_written_anew() -> None:
    one = painter()
    before = one.changes(lines("one"), 80)
    one.forget()
    assert one.changes(lines("one"), 80) == before


def test_a_line_that_is_too_long_is_cut_and_never_runs_on() -> None:
    said = painter().changes(lines("x" * 100), 10)
    assert said.endswith("\x1b[K" + "x" * 10)
    assert "\n" not in said


def test_without_colours_none_is_sent() -> None:
    said = painter(None).changes([Text("one", "red", end="")], 80)
    assert said.endswith("\x1b[Kone")
