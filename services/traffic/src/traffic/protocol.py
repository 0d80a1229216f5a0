"""A planned turn to a request body, and an answer's bytes to its text. No I/O."""

import json
from typing import Any, cast

from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import Framing, splitter_for
from traffic import portkey
from traffic.plan import PlannedQuestion
from traffic.settings import Api, RequestRoute

Message = dict[str, str]

PATHS: dict[Api, str] = {"native": "/api/chat", "openai": "/v1/chat/completions"}
ANSWERS: dict[Api, Answer] = {"native": Answer.CHAT, "openai": Answer.OPENAI_CHAT}


def opening(question: PlannedQuestion) -> list[Message]:
    """The messages before the first turn."""
    return [{"role": "system", "content": question.system}] if question.system else []


def build(api: Api, model: str, question: PlannedQuestion, messages: list[Message]) -> bytes:
    """The body of a streamed chat request, always with a ceiling on the answer's tokens."""
    body: dict[str, Any] = {"model": model, "messages": messages}
    if _must_say_stream(api, question.route):
        body["stream"] = True
    if question.tools is not None:
        body["tools"] = question.tools
    body |= _native(question) if api == "native" else _openai(question)
    return json.dumps(body, ensure_ascii=False).encode()


def _must_say_stream(api: Api, route: RequestRoute) -> bool:
    """The native API streams unless told otherwise, so the word can be left out.

    For the gateway it must: it takes the word for an event stream's, whose events end with an
    empty line, and would hold back a native answer, which has none, until its end.
    """
    return api == "openai" or route != "gateway"


def _native(question: PlannedQuestion) -> dict[str, Any]:
    body: dict[str, Any] = {"options": {"num_predict": question.max_tokens, "seed": question.seed}}
    if question.format is not None:
        body["format"] = question.format
    return body


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
    return body


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
        self._parts += [text for record in records if (text := _content(record))]


def _content(record: bytes) -> str:
    """The answer's text in one record of either dialect; empty for any other record."""
    try:
        found = json.loads(record)
        if "choices" in found:
            choice = found["choices"][0]
            return cast("str", (choice.get("delta") or choice["message"])["content"] or "")
        return cast("str", found["message"]["content"] or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def error_message(body: bytes, limit_characters: int = 200) -> str:
    """The sentence in an error body of either dialect or of Portkey, else how it begins."""
    try:
        found = json.loads(body)["error"]
        text = found["message"] if isinstance(found, dict) else found
    except (ValueError, LookupError, TypeError):
        text = portkey.complaint(body) or body.decode("utf-8", "replace")
    printable = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return " ".join(printable.split())[:limit_characters]
