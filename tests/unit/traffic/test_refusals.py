"""A refusal is one line, however long."""

import io

from rich.console import Console

from traffic.refusals import say


def test_a_sentence_is_one_line_and_is_not_read_as_markup() -> None:
    console = Console(file=io.StringIO(), width=40)
    say(console, "expected [bold] " + "word " * 30)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "traffic: expected [bold] " + "word " * 30 + "\n"
