"""A planned turn to a request body, and an answer's bytes to its text. No I/O.

Three dialects say the same in their own words, as far as they can: Anthropic's has neither a
sampling seed nor a schema for the answer, and those are left out of it.
"""

import json
from typing import Any

import msgspec

from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import Framing, splitter_for
from traffic.choices import Api, RequestRoute
from traffic.lines import one_line
from traffic.plan.planned import PlannedQuestion
from traffic.request import portkey

Message = dict[str, str]

PATHS: dict[Api, str] = {
    "native": "/api/chat",
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
}
ANSWERS: dict[Api, Answer] = {
    "native": Answer.CHAT,
    "openai": Answer.OPENAI_CHAT,
    "anthropic": Answer.MESSAGES,
}
HEADERS: dict[Api, dict[str, str]] = {
    "native": {},
    "openai": {},
    "anthropic": {"anthropic-version": "2023-06-01"},
}
"""What a request of the dialect carries beside a Content-Type of JSON."""

SPEAKS_OF_SCHEMAS: dict[Api, bool] = {"native": True, "openai": True, "anthropic": False}
"""Whether the dialect can ask for an answer of a JSON schema (`format`)."""

SYSTEM, USER, ASSISTANT = "system", "user", "assistant"


def opening(question: PlannedQuestion) -> list[Message]:
    """The messages before the first turn."""
    if not question.system:
        return []
    return [{"role": SYSTEM, "content": f"{question.prefix}{question.system}"}]


def said_by_user(question: PlannedQuestion, turn: int) -> Message:
    """What the user says in a turn.

    The question's prefix begins the whole conversation, be it with the system prompt or with
    the first turn: what a server keeps of a prompt, it keeps from the beginning.
    """
    begins = turn == 0 and not question.system
    return {"role": USER, "content": f"{question.prefix if begins else ''}{question.turns[turn]}"}


def build(
    api: Api,
    model: str,
    question: PlannedQuestion,
    messages: list[Message],
    *,
    num_ctx: int | None = None,
    keep_alive: str | None = None,
) -> bytes:
    """The body of a streamed chat request, always with a ceiling on the answer's tokens.

    `num_ctx` and `keep_alive` are the native API's alone.
    """
    body: dict[str, Any] = {"model": model, "messages": messages}
    if _must_say_stream(api, question.route):
        body["stream"] = True
    match api:
        case "native":
            body |= _native(question, num_ctx, keep_alive)
        case "openai":
            body |= _openai(question)
        case "anthropic":
            body |= _anthropic(question, messages)
    return json.dumps(body, ensure_ascii=False).encode()


def _must_say_stream(api: Api, route: RequestRoute) -> bool:
    """The native API streams unless told otherwise, so the word can be left out.

    For the gateway it must: it takes the word for an event stream's, whose events end with an
    empty line, and would hold back a native answer, which has none, until its end.
    """
    return api != "native" or route != "gateway"


def _native(
    question: PlannedQuestion, num_ctx: int | None, keep_alive: str | None
) -> dict[str, Any]:
    options = {"num_predict": question.max_tokens, "seed": question.seed}
    if num_ctx is not None:
        options["num_ctx"] = num_ctx
    body: dict[str, Any] = {"options": options}
    if question.format is not None:
        body["format"] = question.format
    if question.tools is not None:
        body["tools"] = question.tools
    if keep_alive is not None:
        body["keep_alive"] = ollama_duration(keep_alive)
    return body


def ollama_duration(text: str) -> str | int:
    """Ollama takes `5m`, and seconds as a number, but not a number in quotes."""
    try:
        return int(text)
    except ValueError:
        return text


def _openai(question: PlannedQuestion) -> dict[str, Any]:
    # Ollama ignores max_completion_tokens, the newer name of max_tokens.
    body: dict[str, Any] = {
        "max_tokens": question.max_tokens,
        "seed": question.seed,
        "stream_options": {"include_usage": True},
    }
    if question.format is not None:
        schema = {"name": "answer", "strict": True, "schema": question.format}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if question.tools is not None:
        body["tools"] = question.tools
    return body


def _anthropic(question: PlannedQuestion, messages: list[Message]) -> dict[str, Any]:
    """The system prompt stands apart, and a message without text, as before a tool call, may not
    be sent: the API joins the user's messages around it.

    Source: Anthropic API reference, "Messages".
    """
    spoken = [item for item in messages if item["role"] != SYSTEM and item["content"]]
    body: dict[str, Any] = {"messages": spoken, "max_tokens": question.max_tokens}
    system = [item["content"] for item in messages if item["role"] == SYSTEM]
    if system:
        body["system"] = "\n\n".join(system)
    if question.tools is not None:
        body["tools"] = [_anthropic_tool(tool) for tool in question.tools]
    return body


def _anthropic_tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    named = {name: function[name] for name in ("name", "description") if name in function}
    return {**named, "input_schema": function.get("parameters", {"type": "object"})}


class ReplyText:
    """Collects the text of one answer: the next turn of a conversation repeats it."""

    def __init__(self, framing: Framing) -> None:
        self._split = splitter_for(framing)
        self._parts: list[str] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the answer."""
        self._take(self._split.feed(data))

    def finish(self) -> str:
        """The whole text; empty when the answer held none."""
        self._take(self._split.finish())
        return "".join(self._parts)

    def _take(self, records: list[bytes]) -> None:
        for record in records:
            if text := _content(record):
                self._parts.append(text)


class _Record(msgspec.Struct, gc=False):
    """What any of the dialects has its text in; typed as nothing, since anything may come."""

    message: Any = None
    choices: Any = None
    delta: Any = None
    content: Any = None


_record = msgspec.json.Decoder(_Record).decode


def _content(record: bytes) -> str:
    """The answer's text in one record of a dialect; empty for any other record."""
    try:
        found = _record(record)
        if found.message is not None:
            text = found.message["content"]
        elif found.choices is not None:
            choice = found.choices[0]
            text = (choice.get("delta") or choice["message"])["content"]
        elif found.delta is not None:
            text = found.delta["text"]
        else:
            text = "".join(block.get("text", "") for block in found.content)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return text if isinstance(text, str) else ""


def error_message(body: bytes, limit_characters: int = 200) -> str:
    """The sentence in an error body of any dialect or of Portkey, else how it begins."""
    try:
        found = json.loads(body)["error"]
        text = found["message"] if isinstance(found, dict) else found
    except (ValueError, LookupError, TypeError, RecursionError):
        text = portkey.complaint(body) or body.decode("utf-8", "replace")
    return one_line(str(text), limit_characters)
