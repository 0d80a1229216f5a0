"""docs/TROUBLESHOOTING.md quotes what the programs say, and each of them still says it."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from stack import settings
from stack.errors import SettingsError
from stack.places import REPOSITORY
from tests.tables import rows

TEXT = (REPOSITORY / "docs/TROUBLESHOOTING.md").read_text(encoding="utf-8")
OF_OTHERS = {"model", "not found", "make status", "make alerts", "make validate"}
"""Ollama's own words, and verbs that are typed."""
SENSELESS = ({"PROXY_PORT": "abc"}, {"RUNTIME": "podman"})
"""Values that are refused, each in its way."""
ROWS = rows(TEXT)
"""What happened, what it says and what to do."""


def constants(node: ast.AST) -> Iterator[str]:
    """Every text of a module; of one with values in it the texts between them."""
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


@cache
def sources() -> str:
    """What our programs can say, as far as it stands in them."""
    folders = ("stack/src/stack", "services/traffic/src/traffic/target")
    modules = (path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))
    texts = [
        text for path in modules for text in constants(ast.parse(path.read_text(encoding="utf-8")))
    ]
    scripts = [*(REPOSITORY / "scripts").glob("*.sh"), REPOSITORY / "Makefile"]
    texts += [path.read_text(encoding="utf-8") for path in scripts]
    return "\n".join([*texts, *map(refusal, SENSELESS)])


def refusal(variables: dict[str, str]) -> str:
    """What is said of a value that makes no sense."""
    with pytest.raises(SettingsError) as error:
        settings.parse(variables)
    return str(error.value)


@pytest.mark.parametrize("said", [row[1] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_it_says_stands_in_the_code(said: str) -> None:
    quoted = [part.strip() for part in re.findall(r"`([^`]+)`", said)]
    assert quoted
    assert [part for part in quoted if part not in OF_OTHERS and part not in sources()] == []


def test_there_are_rows() -> None:
    assert len(ROWS) > 20
