"""Requests have the shape that Ollama takes; replies are read from what Ollama sends."""

import json
from typing import Any

import pytest

from ollama_observe.wire.framing import Framing
from tests.fakes import captures
from traffic.plan import PlannedQuestion
from traffic.protocol import ReplyText, build, error_message, opening
from traffic.questions import Category
from traffic.settings import Api

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def question(**changes: Any) -> PlannedQuestion:
    values: dict[str, Any] = {
        "question_id": "cod-0001",
        "category": Category.CODE,
        "system": None,
        "turns": ("Why?",),
        "max_tokens": 40,
        "seed": 7,
    }
    return PlannedQuestion(**(values | changes))


def body(api: Api, planned: PlannedQuestion) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Why?"}]
    return dict(json.loads(build(api, "m:1b", planned, messages)))


def test_a_native_request_carries_its_ceiling_seed_and_schema() -> None:
    assert body("native", question(format=SCHEMA)) == {
        "model": "m:1b",
        "messages": [{"role": "user", "content": "Why?"}],
        "stream": True,
        "options": {"num_predict": 40, "seed": 7},
        "format": SCHEMA,
    }


def test_an_openai_request_says_the_same_in_its_own_words() -> None:
    sent = body("openai", question(format=SCHEMA))
    assert sent["max_tokens"] == 40
    assert sent["seed"] == 7
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA


def test_the_gateway_is_not_told_of_a_stream_that_is_native() -> None:
    assert "stream" not in body("native", question(route="gateway"))
    assert body("openai", question(route="gateway"))["stream"] is True
    assert body("native", question(route="portkey"))["stream"] is True


@pytest.mark.parametrize("api", ["native", "openai"])
def test_tools_are_sent_where_a_question_has_them_and_absent_where_not(api: Api) -> None:
    assert body(api, question(tools=(TOOL,)))["tools"] == [TOOL]
    assert not {"tools", "format", "response_format"} & body(api, question()).keys()


def test_a_conversation_opens_with_the_system_prompt_if_there_is_one() -> None:
    assert opening(question()) == []
    assert opening(question(system="Be brief.")) == [{"role": "system", "content": "Be brief."}]


@pytest.mark.parametrize(
    ("streamed", "whole", "framing"),
    [
        ("chat-stream", "chat-json", Framing.NDJSON),
        ("v1-chat-stream", "v1-chat-json", Framing.SSE),
    ],
)
def test_a_streamed_reply_reads_as_the_same_text_however_it_is_cut(
    streamed: str, whole: str, framing: Framing
) -> None:
    unary = ReplyText(Framing.JSON)
    unary.feed(captures.load(whole).body)
    expected = unary.finish()
    assert len(expected) > 10
    data = captures.load(streamed).body
    for size in (1, 7, len(data)):
        reply = ReplyText(framing)
        for start in range(0, len(data), size):
            reply.feed(data[start : start + size])
        assert reply.finish() == expected


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b"nonsense", b'{"choices": []}', b"7"])
def test_a_record_without_text_adds_none(record: bytes) -> None:
    reply = ReplyText(Framing.JSON)
    reply.feed(record)
    assert reply.finish() == ""


@pytest.mark.parametrize("name", ["error-model-missing-chat", "error-model-missing-v1-chat"])
def test_the_sentence_of_an_error_is_found_in_both_dialects(name: str) -> None:
    assert error_message(captures.load(name).body) == "model 'none:1b' not found"


def test_an_error_of_the_gateway_is_a_sentence_in_one_line() -> None:
    body = b"Message: fetch failed Cause: Error: connect ECONNREFUSED ::1:9\n Name: TypeError"
    assert error_message(body) == (
        "Portkey got no answer from Ollama: fetch failed, connect ECONNREFUSED ::1:9"
    )
    failure = b'{"status":"failure","message":"Invalid custom host"}'
    assert error_message(failure) == "Portkey: Invalid custom host"


def test_an_error_that_is_no_json_is_shown_short_and_without_control_characters() -> None:
    assert error_message(b"<p>\x1b[31mBad\n  gateway</p>") == "<p> [31mBad gateway</p>"
    assert len(error_message(b"x" * 5000)) == 200
