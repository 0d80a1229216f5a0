"""The scripted Ollama as OpenAI's newer API: /v1/responses.

Source: the captures v1-responses-*.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

from tests.fakes.call import RawHeaders
from tests.fakes.dialect import CREATED, UNCACHED_SSE, V1_JSON, Record, dump, named_event
from tests.fakes.dialect_openai import OpenAI
from tests.fakes.turn import TOOL, TOOL_ARGUMENTS, Turn

_TEXT, _THOUGHT = "response.output_text.delta", "response.reasoning_summary_text.delta"
_CALLED = "response.function_call_arguments.delta"


@dataclass(frozen=True, slots=True)
class Responses:
    """Server-sent events that are named and numbered, ended by `response.completed`."""

    streams_by_default: ClassVar[bool] = False
    stream_headers: ClassVar[RawHeaders] = UNCACHED_SSE
    json_header: ClassVar[tuple[bytes, bytes]] = V1_JSON
    broken_record: ClassVar[bytes] = b'event: response.output_text.delta\ndata: {"broken\n\n'

    def records(self, turn: Turn) -> Iterator[Record]:
        """See Dialect."""
        numbers = count()

        def event(kind: str, is_output: bool = False, **fields: Any) -> Record:
            said = {**fields, "sequence_number": next(numbers), "type": kind}
            return Record(named_event(said), is_output)

        yield event("response.created", response=self._response(turn, "in_progress"))
        yield event("response.in_progress", response=self._response(turn, "in_progress"))
        for index, item in enumerate(_items(turn)):
            empty = item | {name: [] for name in ("summary", "content") if name in item}
            yield event("response.output_item.added", item=empty, output_index=index)
            for kind, words in _deltas(turn, item):
                for word in words:
                    place = {"item_id": item["id"], "output_index": index}
                    yield event(kind, True, delta=word, **place)
            yield event("response.output_item.done", item=item, output_index=index)
        yield event("response.completed", response=self._response(turn, "completed"))

    def whole(self, turn: Turn) -> bytes:
        """See Dialect."""
        return dump(self._response(turn, "completed")) + b"\n"

    def failure(self, message: str) -> bytes:
        """See Dialect."""
        error = {"code": "server_error", "message": message}
        response = {"id": "resp_948015", "object": "response", "status": "failed", "error": error}
        return named_event({"response": response, "type": "response.failed"})

    def refusal(self, status: int, message: str) -> bytes:
        """See Dialect."""
        return OpenAI(is_chat=True).refusal(status, message)

    def _response(self, turn: Turn, status: str) -> dict[str, Any]:
        is_done = status == "completed"
        return {
            "id": "resp_948015",
            "object": "response",
            "created_at": CREATED,
            "completed_at": CREATED if is_done else None,
            "status": status,
            "model": turn.model.name,
            "output": _items(turn) if is_done else [],
            "error": None,
            "tools": [],
            "tool_choice": "auto",
            "parallel_tool_calls": True,
            "usage": usage(turn) if is_done else None,
        }


def _items(turn: Turn) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if turn.thinking:
        summary = {"type": "summary_text", "text": "".join(turn.thinking)}
        items.append({"id": "rs_661832", "type": "reasoning", "summary": [summary]})
    if turn.answer:
        text = {"type": "output_text", "text": "".join(turn.answer), "annotations": []}
        message = {"id": "msg_458996", "type": "message", "role": "assistant"}
        items.append({**message, "status": "completed", "content": [text]})
    if turn.model.calls_tool:
        call = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": TOOL}
        items.append({**call, "status": "completed", "arguments": json.dumps(TOOL_ARGUMENTS)})
    return items


def _deltas(turn: Turn, item: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if item["type"] == "reasoning":
        yield _THOUGHT, turn.thinking
    elif item["type"] == "message":
        yield _TEXT, turn.answer
    else:
        yield _CALLED, [item["arguments"]]


def usage(turn: Turn) -> dict[str, Any]:
    """The counts; reasoning is not counted apart."""
    return {
        "input_tokens": turn.prompt_tokens,
        "input_tokens_details": {"cached_tokens": turn.model.cached_tokens or 0},
        "output_tokens": turn.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": turn.prompt_tokens + turn.output_tokens,
    }
