"""The scripted Ollama as OpenAI's API: /v1/chat/completions and /v1/completions.

Source: the captures v1-chat-*, v1-completions-*.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.fakes.call import RawHeaders
from tests.fakes.dialect import CREATED, SSE, V1_JSON, Record, data_event, dump
from tests.fakes.turn import TOOL, TOOL_ARGUMENTS, Turn

_ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error"}
_FUNCTION = {"name": TOOL, "arguments": json.dumps(TOOL_ARGUMENTS)}
_TOOL_CALLS = [{"id": "call_1", "index": 0, "type": "function", "function": _FUNCTION}]
_NO_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@dataclass(frozen=True, slots=True)
class OpenAI:
    """Server-sent events without names, ended by `[DONE]`."""

    is_chat: bool
    streams_by_default: ClassVar[bool] = False
    stream_headers: ClassVar[RawHeaders] = SSE
    json_header: ClassVar[tuple[bytes, bytes]] = V1_JSON
    broken_record: ClassVar[bytes] = b'data: {"broken\n\n'

    def records(self, turn: Turn) -> Iterator[Record]:
        """See Dialect."""
        outputs = self._outputs(turn)
        if self.is_chat and outputs:
            outputs[0] = {"role": "assistant", **outputs[0]}
        for output in outputs:
            yield Record(self._chunk(turn, [self._choice(output, None)]), True)
        yield Record(self._chunk(turn, [self._choice({} if self.is_chat else "", _reason(turn))]))
        if turn.with_usage:
            yield Record(self._chunk(turn, [], usage(turn)))
        yield Record(b"data: [DONE]\n\n")

    def whole(self, turn: Turn) -> bytes:
        """See Dialect."""
        text, thought = "".join(turn.answer), "".join(turn.thinking)
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if thought:
            message["reasoning"] = thought
        if turn.model.calls_tool:
            message["tool_calls"] = _TOOL_CALLS
        said: dict[str, Any] = {"message": message} if self.is_chat else {"text": text}
        choice = {"index": 0, **said, "finish_reason": _reason(turn)}
        frame = self._frame(turn, "chat.completion" if self.is_chat else "text_completion")
        return dump({**frame, "choices": [choice], "usage": usage(turn)}) + b"\n"

    def failure(self, message: str) -> bytes:
        """See Dialect."""
        return data_event({"error": message})

    def refusal(self, status: int, message: str) -> bytes:
        """See Dialect."""
        kind = _ERROR_TYPES.get(status, "api_error")
        said = {"message": message, "type": kind, "param": None, "code": None}
        return dump({"error": said}) + b"\n"

    def _outputs(self, turn: Turn) -> list[Any]:
        """What each chunk brings: a delta in chat, a text in completions."""
        if not self.is_chat:
            return list(turn.answer)
        deltas: list[Any] = [{"content": "", "reasoning": word} for word in turn.thinking]
        deltas += [{"content": word} for word in turn.answer]
        return deltas + [{"content": "", "tool_calls": _TOOL_CALLS}] * turn.model.calls_tool

    def _choice(self, output: Any, reason: str | None) -> dict[str, Any]:
        return {"index": 0, "delta" if self.is_chat else "text": output, "finish_reason": reason}

    def _chunk(
        self, turn: Turn, choices: list[dict[str, Any]], counts: dict[str, Any] | None = None
    ) -> bytes:
        frame = self._frame(turn, "chat.completion.chunk" if self.is_chat else "text_completion")
        if turn.with_usage and not self.is_chat:
            counts = counts or _NO_USAGE
        return data_event({**frame, "choices": choices, **({"usage": counts} if counts else {})})

    def _frame(self, turn: Turn, kind: str) -> dict[str, Any]:
        return {
            "id": "chatcmpl-78" if self.is_chat else "cmpl-832",
            "object": kind,
            "created": CREATED,
            "model": turn.model.name,
            "system_fingerprint": "fp_ollama",
        }


def usage(turn: Turn) -> dict[str, Any]:
    """OpenAI's counts."""
    cached = turn.model.cached_tokens
    details = {} if cached is None else {"prompt_tokens_details": {"cached_tokens": cached}}
    return {
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.output_tokens,
        "total_tokens": turn.prompt_tokens + turn.output_tokens,
        **details,
    }


def _reason(turn: Turn) -> str:
    return "tool_calls" if turn.model.calls_tool else turn.reason
