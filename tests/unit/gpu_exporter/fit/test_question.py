"""A query string, read: what is expected and what was found are in every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.cache import CacheTypes
from gpu_exporter.fit.question import (
    MOST_CONTEXT_TOKENS,
    NAMES,
    Asked,
    BadQuestionError,
    read_question,
)


def test_nothing_asked_is_a_question_for_head_room() -> None:
    assert read_question([]) == Asked()
    assert read_question([("context", ""), ("parallel", " ")]) == Asked()


def test_all_that_can_be_asked_is_read() -> None:
    given = [
        ("model", "Llama3.2:3B"),
        ("context", "8192"),
        ("parallel", "4"),
        ("kv_cache_type", "Q8_0"),
        ("flash_attention", "off"),
    ]
    types = CacheTypes("q8_0", "q8_0")
    assert read_question(given) == Asked("llama3.2:3b", 8192, 4, types, False)


def test_a_name_is_brought_to_one_spelling() -> None:
    assert read_question([("model", "registry.ollama.ai/library/Llama3")]).model == "llama3:latest"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([("context", "8192")], "context: expected a model with it, found none"),
        ([("model", "a"), ("context", "0")], "context: expected a whole number from 1 to"),
        ([("model", "a"), ("context", "-4")], "found '-4'"),
        ([("model", "a"), ("context", "8k")], "found '8k'"),
        ([("model", "a"), ("context", "1e3")], "found '1e3'"),
        ([("model", "a"), ("context", str(MOST_CONTEXT_TOKENS + 1))], "found '16777217'"),
        ([("model", "a"), ("context", "9" * 100)], f"found '{'9' * 60}...'"),
        ([("model", "a"), ("parallel", "²")], "parallel: expected a whole number"),
        ([("model", "a"), ("kv_cache_type", "q3")], "kv_cache_type: expected one of f32, f16"),
        ([("model", "a"), ("flash_attention", "1")], "expected on or off, found '1'"),
        ([("modle", "a")], "unknown parameter 'modle', did you mean model?"),
        ([("zzz", "a")], "unknown parameter 'zzz'; there are model, context"),
        ([("model", "a"), ("model", "b")], "model: expected once, found twice"),
        ([("model", "x" * 400)], "model: expected a name of at most 350 printable"),
        ([("model", "a\x1b[2J")], "of at most 350 printable characters, found 'a\\x1b[2J'"),
        ([("model", "")], "model: expected a name of at most 350 printable characters, found no"),
        ([("model", "  ")], "found nothing (head-room alone: without it)"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(given: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(BadQuestionError) as raised:
        read_question(given)
    assert said in str(raised.value)


names = st.sampled_from(NAMES) | st.text(max_size=8)


@given(st.lists(st.tuples(names, st.text(max_size=20)), max_size=5))
def test_no_query_makes_it_fail_otherwise(given: list[tuple[str, str]]) -> None:
    try:
        found = read_question(given)
    except BadQuestionError as error:
        assert str(error).isprintable()
    else:
        assert found.context_tokens is None or 1 <= found.context_tokens <= MOST_CONTEXT_TOKENS
