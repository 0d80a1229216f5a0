"""The scripted Ollama as Anthropic's API: /v1/messages.

Source: the captures v1-messages-*.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.fakes.call import RawHeaders
from tests.fakes.dialect import UNCACHED_SSE, V1_JSON, Record, dump, named_event
from tests.fakes.turn import TOOL, TOOL_ARGUMENTS, Turn

_ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error"}
_REASONS = {"length": "max_tokens", "stop": "end_turn"}
_CALL = {"type": "tool_use", "id": "toolu_1", "name": TOOL}


@dataclass(frozen=True, slots=True)
class Messages:
    """Server-sent events that are named, ended by `message_stop`."""

    streams_by_default: ClassVar[bool] = False
    stream_headers: ClassVar[RawHeaders] = UNCACHED_SSE
    json_header: ClassVar[tuple[bytes, bytes]] = V1_JSON
    broken_record: ClassVar[bytes] = b'event: content_block_delta\ndata: {"broken\n\n'

    def records(self, turn: Turn) -> Iterator[Record]:
        """See Dialect."""
        estimate = {"input_tokens": max(1, turn.prompt_tokens // 2), "output_tokens": 0}
        start = {**_frame(turn), "content": [], "usage": estimate}
        yield Record(named_event({"type": "message_start", "message": start}))
        index = 0
        for kind, field, words in _blocks(turn):
            yield from _block(index, kind, field, words)
            index += 1
        if turn.model.calls_tool:
            yield from _tool_block(index)
        delta = {"stop_reason": _reason(turn)}
        yield Record(named_event({"type": "message_delta", "delta": delta, "usage": usage(turn)}))
        yield Record(named_event({"type": "message_stop"}))

    def whole(self, turn: Turn) -> bytes:
        """See Dialect."""
        blocks: list[dict[str, Any]] = [
            {"type": kind, kind: "".join(words)} for kind, _, words in _blocks(turn)
        ]
        if turn.model.calls_tool:
            blocks.append({**_CALL, "input": TOOL_ARGUMENTS})
        said = {"content": blocks, "stop_reason": _reason(turn), "usage": usage(turn)}
        return dump({**_frame(turn), **said}) + b"\n"

    def failure(self, message: str) -> bytes:
        """See Dialect."""
        return named_event({"type": "error", "error": {"type": "api_error", "message": message}})

    def refusal(self, status: int, message: str) -> bytes:
        """See Dialect."""
        error = {"type": _ERROR_TYPES.get(status, "api_error"), "message": message}
        return dump({"type": "error", "error": error, "request_id": "req_1"}) + b"\n"


def _frame(turn: Turn) -> dict[str, Any]:
    fixed = {"id": "msg_10d2096c", "type": "message", "role": "assistant"}
    return {**fixed, "model": turn.model.name}


def _blocks(turn: Turn) -> list[tuple[str, str, list[str]]]:
    blocks = [("thinking", "thinking", turn.thinking), ("text", "text", turn.answer)]
    return [block for block in blocks if block[2]]


def _block(index: int, kind: str, field: str, words: list[str]) -> Iterator[Record]:
    yield _event("content_block_start", index, content_block={"type": kind, field: ""})
    for word in words:
        delta = {"type": f"{kind}_delta", field: word}
        yield _event("content_block_delta", index, is_output=True, delta=delta)
    yield _event("content_block_stop", index)


def _tool_block(index: int) -> Iterator[Record]:
    yield _event("content_block_start", index, content_block={**_CALL, "input": {}})
    delta = {"type": "input_json_delta", "partial_json": json.dumps(TOOL_ARGUMENTS)}
    yield _event("content_block_delta", index, is_output=True, delta=delta)
    yield _event("content_block_stop", index)


def _event(kind: str, index: int, is_output: bool = False, **fields: Any) -> Record:
    return Record(named_event({"type": kind, "index": index, **fields}), is_output)


def usage(turn: Turn) -> dict[str, Any]:
    """Anthropic's counts: what came from a cache is not among the input's."""
    cached = turn.model.cached_tokens
    read = {} if cached is None else {"cache_read_input_tokens": cached}
    uncached = turn.prompt_tokens - (cached or 0)
    return {"input_tokens": uncached, "output_tokens": turn.output_tokens, **read}


def _reason(turn: Turn) -> str:
    return "tool_use" if turn.model.calls_tool else _REASONS[turn.reason]
