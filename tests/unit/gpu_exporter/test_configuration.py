"""What the exporter answers where nothing is known, and where something is."""

from typing import Any

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.configuration import latest
from gpu_exporter.ollama.configuration import Configuration
from tests.exporters import context_of


@pytest.mark.parametrize(
    ("without", "words"),
    [("", "has not looked"), ("host_cpu,ollama_configuration", "is left out")],
)
def test_where_nothing_is_known_a_note_says_why(without: str, words: str) -> None:
    told: dict[str, Any] = dict(latest(context_of(without=without)))
    assert (told["models"], told["settings"]) == ([], None)
    (note,) = told["notes"]
    assert words in note


def test_the_latest_that_was_found_out_is_told() -> None:
    context = context_of()
    found = Configuration(settings={}, notes=("A sentence.",))
    context.board.configuration = Fact.regular(context.clock(), found, 5.0)
    assert latest(context) == {"models": [], "settings": {}, "notes": ["A sentence."]}
