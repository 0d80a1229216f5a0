"""What of a request may be asked in other words."""

import pytest

from ollama_observe.wire.endpoints import Answer
from proxy.cache.canonical import Fields
from proxy.cache.questions import LIMIT_CHARACTERS, Question, question_of

WHY = "Why is the sky blue?"


def user(content: object, **more: object) -> Fields:
    return {"role": "user", "content": content, **more}


ASKED: list[tuple[Answer, Fields]] = [
    (Answer.GENERATE, {"model": "m", "prompt": WHY}),
    (Answer.CHAT, {"model": "m", "messages": [{"role": "system", "content": "x"}, user(WHY)]}),
    (Answer.OPENAI_CHAT, {"model": "m", "messages": [user([{"type": "text", "text": WHY}])]}),
    (Answer.MESSAGES, {"model": "m", "messages": [user(WHY)], "max_tokens": 5}),
    (Answer.RESPONSES, {"model": "m", "input": WHY}),
    (Answer.RESPONSES, {"model": "m", "input": [user([{"type": "input_text", "text": WHY}])]}),
]


def found(answer: Answer, fields: Fields) -> Question:
    question = question_of(answer, fields)
    assert question is not None
    return question


@pytest.mark.parametrize(("answer", "fields"), ASKED)
def test_the_question_is_taken_out_and_the_rest_does_not_hold_it(
    answer: Answer, fields: Fields
) -> None:
    question = found(answer, fields)
    assert question.text == WHY
    assert WHY.encode() not in question.rest
    assert b'"m"' in question.rest


NONE: list[tuple[Answer, Fields]] = [
    (Answer.GENERATE, {"prompt": WHY, "raw": True}),
    (Answer.GENERATE, {"prompt": WHY, "suffix": "x"}),
    (Answer.GENERATE, {"prompt": WHY, "context": [1]}),
    (Answer.GENERATE, {"prompt": WHY, "RAW": True}),
    (Answer.GENERATE, {"prompt": WHY, "Suffix": "x"}),
    (Answer.GENERATE, {"prompt": WHY, "conteXt": [1]}),
    (Answer.GENERATE, {"prompt": WHY, "\u017fuffix": "x"}),  # a long s, which Go reads as an s
    (Answer.GENERATE, {"prompt": WHY, "Model": "m"}),
    (Answer.GENERATE, {"prompt": "  "}),
    (Answer.GENERATE, {"prompt": "x" * (LIMIT_CHARACTERS + 1)}),
    (Answer.GENERATE, {"prompt": "What is wrong?\n```\nx = 1\n```"}),
    (Answer.GENERATE, {}),
    (Answer.CHAT, {"messages": []}),
    (Answer.CHAT, {"messages": "x"}),
    (Answer.CHAT, {"messages": [user(WHY), {"role": "assistant", "content": "Be"}]}),
    (Answer.CHAT, {"messages": [{"role": "tool", "content": "4"}]}),
    (Answer.CHAT, {"messages": [user(None)]}),
    (Answer.OPENAI_CHAT, {"messages": [user([{"text": "a"}, {"text": "b"}])]}),
    (Answer.OPENAI_CHAT, {"messages": [user([{"type": "image_url", "image_url": {}}])]}),
    (Answer.OPENAI_CHAT, {"messages": [user(["a"])]}),
    (Answer.RESPONSES, {"input": WHY, "previous_response_id": "r"}),
    (Answer.RESPONSES, {"input": WHY, "Previous_Response_Id": "r"}),
    (Answer.RESPONSES, {"input": WHY, "Conversation": "c"}),
    (Answer.CHAT, {"messages": [user(WHY, Role="assistant")]}),
    (Answer.CHAT, {"messages": [user(WHY, CONTENT="another")]}),
    (Answer.CHAT, {"messages": [user(WHY)], "Messages": []}),
    (Answer.OPENAI_CHAT, {"messages": [user([{"type": "text", "text": WHY, "Text": "x"}])]}),
    (Answer.OPENAI_CHAT, {"messages": [user([{"text": WHY}, {"Text": "x"}])]}),
    (Answer.EMBED, {"input": WHY}),
]


@pytest.mark.parametrize(("answer", "fields"), NONE)
def test_where_it_is_not_certain_there_is_none(answer: Answer, fields: Fields) -> None:
    assert question_of(answer, fields) is None


def test_all_else_stays_with_the_rest() -> None:
    def rest(*before: Fields, **more: object) -> bytes:
        return found(Answer.CHAT, {"messages": [*before, user(WHY, **more)]}).rest

    rests = [rest(), rest(user("Hi")), rest(user("Ho")), rest(images=["a"]), rest(images=["b"])]
    assert len(set(rests)) == len(rests)
