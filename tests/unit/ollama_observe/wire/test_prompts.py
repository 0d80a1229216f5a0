"""The size of a prompt's text, with runs of one character counted once."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.prompts import collapsed_bytes, joined_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ("a", 1),
        ("aa", 1),
        ("word word", 9),
        ("a" + " " * 500 + "b", 3),
        ("-" * 80 + "\n" * 9 + "x", 3),
        ("größe", 7),
        ("─" * 80 + "x", 4),
        ("天天", 6),
    ],
)
def test_runs_are_counted_once(text: str, size: int) -> None:
    assert collapsed_bytes(text) == size


@given(st.text("ab -\n", max_size=60))
def test_it_counts_what_grouping_counts(text: str) -> None:
    assert collapsed_bytes(text) == len(list(itertools.groupby(text)))


@given(st.text(max_size=60))
def test_it_is_never_more_than_the_text_nor_less_than_its_bytes_collapsed(text: str) -> None:
    data = text.encode("utf-8", "replace")
    assert collapsed_bytes(text) <= len(data)
    if text.isascii():
        assert collapsed_bytes(text) == len(re.sub(rb"(.)\1+", rb"\1", data, flags=re.DOTALL))


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ([], None),
        ([None, 3, {}], None),
        ([""], 0),
        (["ab", ["cd", {"content": "e", "role": "user"}]], 5),
        ([[{"content": [{"type": "text", "text": "ab"}, {"type": "tool_use", "input": {}}]}]], 2),
        ([[{"type": "tool_result", "content": [{"type": "text", "text": "ab"}]}]], 2),
        (["ab", [{"type": "image", "source": {}}]], None),
        (["ab", [{"content": "c", "images": ["AAAA"]}]], None),
        (["ab", [{"content": "c", "images": []}]], 3),
    ],
)
def test_text_is_gathered_from_every_dialect(values: list[object], size: int | None) -> None:
    text = joined_text(values)
    assert (None if text is None else len(text)) == size


def test_what_is_nested_beyond_reason_is_not_measured() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    assert joined_text([deep]) is None


def test_the_text_of_all_is_one_after_the_other() -> None:
    said = ["be", [{"role": "user", "content": "a"}, {"content": [{"type": "text", "text": "b"}]}]]
    assert joined_text(said) == "beab"
    assert joined_text([{"images": ["AAAA"], "content": "a"}]) is None
    assert joined_text([3, None]) is None
