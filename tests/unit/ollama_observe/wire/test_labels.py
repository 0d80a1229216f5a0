"""Texts of others, as values of labels."""

import pytest

from ollama_observe.wire.labels import LABEL_LIMIT_CHARACTERS, as_label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Q4_K_M", "Q4_K_M"),
        (" 8.0B ", "8.0B"),
        ("two\nlines\x00", "twolines"),
        ("\ud800", ""),
        ("x" * 5000, "x" * LABEL_LIMIT_CHARACTERS),
        (None, ""),
        (8, ""),
        (["llama"], ""),
    ],
)
def test_a_label_is_short_and_can_be_printed(text: object, label: str) -> None:
    assert as_label(text) == label
