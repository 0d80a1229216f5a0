"""The shape of facts that all dialects share."""

import pytest

from ollama_observe.wire.records import Closing, Output, Record, count, member, spoken, word


@pytest.mark.parametrize(
    ("said", "record"),
    [
        (("x", None, None), Record(Output.CONTENT)),
        (("", "größe", None), Record(Output.THINKING, 5)),
        (("x", "hm", None), Record(Output.CONTENT, 2)),
        (("", "", [{}]), Record(Output.TOOL_CALL)),
        (("x", None, [{}]), Record(Output.CONTENT)),
        (("", [1, 2], None), Record(Output.THINKING, 0)),
        (("", None, None), Record()),
    ],
)
def test_what_was_said_has_a_kind_and_its_thinking_is_measured(
    said: tuple[object, object, object], record: Record
) -> None:
    assert spoken(*said, None) == record


def test_a_record_carries_the_model_and_what_closes_the_answer() -> None:
    closing = Closing(is_end=True)
    assert spoken("", None, None, "m", closing) == Record(model="m", closing=closing)
    assert spoken("", None, None, 7).model is None


@pytest.mark.parametrize(("value", "text"), [("x", "x"), ("", None), (None, None), (1, None)])
def test_a_word_is_a_text_that_is_not_empty(value: object, text: str | None) -> None:
    assert word(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), (0, 0), (-1, None), (True, None), (1.5, None), ("3", None), (None, None)],
)
def test_a_count_is_a_whole_number_that_is_not_negative(value: object, number: int | None) -> None:
    assert count(value) == number


def test_a_member_of_what_is_no_object_is_none() -> None:
    assert member({"a": 1}, "a") == 1
    assert member({}, "a") is member([1], "a") is member(None, "a") is None
