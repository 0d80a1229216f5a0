"""Requests have the shape that Ollama takes; replies are read from what Ollama sends."""

import json
from typing import Any

import pytest

from ollama_observe.wire.framing import Framing
from tests.fakes import captures
from traffic.bank.questions import Category
from traffic.choices import Api
from traffic.plan.planned import PlannedQuestion
from traffic.request.protocol import Message, ReplyText, build, error_message, opening, said_by_user

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


def test_an_anthropic_request_has_a_ceiling_and_neither_seed_nor_schema() -> None:
    assert body("anthropic", question(format=SCHEMA)) == {
        "model": "m:1b",
        "messages": [{"role": "user", "content": "Why?"}],
        "stream": True,
        "max_tokens": 40,
    }


def test_to_anthropic_the_system_prompt_stands_apart_from_the_conversation() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "reply"},
        {"role": "user", "content": "two"},
    ]
    sent = json.loads(build("anthropic", "m:1b", question(), messages))
    assert sent["system"] == "Be brief."
    assert sent["messages"] == messages[1:]


def test_to_anthropic_no_message_is_empty() -> None:
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "two"},
    ]
    sent = json.loads(build("anthropic", "m:1b", question(), messages))
    assert sent["messages"] == [messages[0], messages[2]]
    assert json.loads(build("native", "m:1b", question(), messages))["messages"] == messages


def test_to_anthropic_a_tool_is_told_in_its_own_shape() -> None:
    function = {"name": "f", "description": "Does it.", "parameters": {"type": "object"}}
    told = question(tools=({"type": "function", "function": function}, TOOL))
    assert body("anthropic", told)["tools"] == [
        {"name": "f", "description": "Does it.", "input_schema": {"type": "object"}},
        {"name": "f", "input_schema": {"type": "object"}},
    ]
    bare = question(tools=({"type": "function", "function": {"name": "g"}},))
    assert body("anthropic", bare)["tools"] == [{"name": "g", "input_schema": {"type": "object"}}]


@pytest.mark.parametrize(("told", "sent"), [("5m", "5m"), ("300", 300), ("-1", -1), ("0", 0)])
def test_context_and_keep_alive_are_native_and_as_ollama_takes_them(
    told: str, sent: str | int
) -> None:
    messages: list[Message] = []
    data = build("native", "m", question(), messages, num_ctx=512, keep_alive=told)
    found = json.loads(data)
    assert found["options"] == {"num_predict": 40, "seed": 7, "num_ctx": 512}
    assert found["keep_alive"] == sent
    assert type(found["keep_alive"]) is type(sent)
    assert "keep_alive" not in body("native", question())


@pytest.mark.parametrize("api", ["native", "openai"])
def test_tools_are_sent_where_a_question_has_them_and_absent_where_not(api: Api) -> None:
    assert body(api, question(tools=(TOOL,)))["tools"] == [TOOL]
    assert not {"tools", "format", "response_format"} & body(api, question()).keys()


def test_a_conversation_opens_with_the_system_prompt_if_there_is_one() -> None:
    assert opening(question()) == []
    assert opening(question(system="Be brief.")) == [{"role": "system", "content": "Be brief."}]


def test_a_prefix_begins_the_conversation_and_comes_once() -> None:
    with_system = question(system="Be brief.", turns=("one", "two"), prefix="7 ")
    assert opening(with_system)[0]["content"] == "7 Be brief."
    without = question(turns=("one", "two"), prefix="7 ")
    assert opening(without) == []
    said = [said_by_user(one, turn)["content"] for one in (with_system, without) for turn in (0, 1)]
    assert said == ["one", "two", "7 one", "two"]


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


def test_a_reply_of_the_anthropic_api_reads_as_its_text() -> None:
    """This API has no seed: its two captures say different things."""
    unary = ReplyText(Framing.JSON)
    unary.feed(captures.load("v1-messages-json").body)
    assert unary.finish() == "The Earth's atmosphere appears blue because of the way our eyes"
    streamed = ReplyText(Framing.SSE)
    streamed.feed(captures.load("v1-messages-stream").body)
    assert streamed.finish() == "The sky blue is actually a result of the natural process of"


def test_thoughts_and_tool_calls_are_no_text() -> None:
    for name, framing in (
        ("v1-messages-think-stream", Framing.SSE),
        ("chat-think-stream", Framing.NDJSON),
    ):
        reply = ReplyText(framing)
        reply.feed(captures.load(name).body)
        assert reply.finish() == ""


@pytest.mark.parametrize(
    "record",
    [
        *(b"", b"{}", b"[]", b"nonsense", b'{"choices": []}', b"7", b'{"message": 3}'),
        *(b'{"message": {"content": ["a"]}}', b'{"delta": {"text": 7}}', b'{"content": [7]}'),
        *(b'{"content": "bare"}', b'{"message": ' + b"[" * 100_000),
    ],
    ids=range(12),
)
def test_a_record_without_text_adds_none(record: bytes) -> None:
    reply = ReplyText(Framing.JSON)
    reply.feed(record)
    assert reply.finish() == ""


NAMES_OF_ERRORS = [f"error-model-missing-{end}" for end in ("chat", "v1-chat", "v1-messages")]


@pytest.mark.parametrize("name", NAMES_OF_ERRORS)
def test_the_sentence_of_an_error_is_found_in_each_dialect(name: str) -> None:
    assert error_message(captures.load(name).body) == "model 'none:1b' not found"


def test_an_error_of_the_gateway_is_a_sentence_in_one_line() -> None:
    body = b"Message: fetch failed Cause: Error: connect ECONNREFUSED ::1:9\n Name: TypeError"
    assert error_message(body) == (
        "Portkey got no answer from Ollama: fetch failed, connect ECONNREFUSED ::1:9"
    )
    failure = b'{"status":"failure","message":"Invalid custom host"}'
    assert error_message(failure) == "Portkey: Invalid custom host"


@pytest.mark.parametrize("start", [b"[", b'{"error":['])
def test_an_error_that_is_nested_too_deep_is_shown_as_it_begins(start: bytes) -> None:
    assert error_message(start + b"[" * 60_000).startswith((start + b"[[[").decode())


def test_an_error_that_is_no_json_is_shown_short_and_without_control_characters() -> None:
    assert error_message(b"<p>\x1b[31mBad\n  gateway</p>") == "<p> [31mBad gateway</p>"
    assert len(error_message(b"x" * 5000)) == 200
