"""docs/TOP.md lists the fields of the document of `top --json`, and no others."""

import re
from collections.abc import Iterator
from typing import Any

from stack.arguments import parse
from stack.places import REPOSITORY
from stack.top.json_form import document
from tests.tops import FACTS

TEXT = (REPOSITORY / "docs/TOP.md").read_text(encoding="utf-8")
BY_NAME = {"errors_by_type"}
"""Objects whose keys are data."""


def paths(value: Any, begin: str = "") -> Iterator[str]:
    """The fields of a document as the table writes them."""
    if isinstance(value, dict) and begin.rpartition(".")[2] not in BY_NAME:
        for name, inner in value.items():
            yield from paths(inner, f"{begin}.{name}" if begin else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from paths(value[0], f"{begin}[]")
    else:
        yield begin


def test_every_field_is_listed_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?`) \| ", TEXT, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(paths(document(FACTS)))


def test_the_screen_fits_the_terminal_that_it_is_said_to_be_of() -> None:
    (screen,) = re.findall(r"^```text\n(Ollama Observe.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)
    lines = screen.split("\n")
    assert len(lines) == 24
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith("q quit  p pause  s sort: age  m model: all")


def test_every_flag_that_is_named_is_known() -> None:
    for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT)) - {"--scale"}:
        words = ["top", flag] if flag in ("--once", "--json") else ["top", flag, "1"]
        assert parse(words).verb == "top"
