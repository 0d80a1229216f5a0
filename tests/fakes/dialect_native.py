"""The scripted Ollama's own dialect: /api/generate and /api/chat.

Source: the captures generate-*, chat-*, broken-*.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from tests.fakes.call import RawHeaders
from tests.fakes.dialect import CHUNKED, CREATED_AT, JSON, Record, dump
from tests.fakes.turn import TOOL, TOOL_ARGUMENTS, Model, Turn

_TOOL_CALL = {"id": "call_1", "function": {"index": 0, "name": TOOL, "arguments": TOOL_ARGUMENTS}}


@dataclass(frozen=True, slots=True)
class Native:
    """One JSON object a line."""

    is_chat: bool
    streams_by_default: ClassVar[bool] = True
    stream_headers: ClassVar[RawHeaders] = ((b"Content-Type", b"application/x-ndjson"), CHUNKED)
    json_header: ClassVar[tuple[bytes, bytes]] = JSON
    broken_record: ClassVar[bytes] = b'{"broken\n'

    def records(self, turn: Turn) -> Iterator[Record]:
        """See Dialect."""
        for word in turn.thinking:
            yield Record(self._line(turn, self._said("", word) | {"done": False}), True)
        for word in turn.answer:
            yield Record(self._line(turn, self._said(word) | {"done": False}), True)
        if turn.model.calls_tool:
            yield Record(self._line(turn, self._said("", calls=True) | {"done": False}), True)
        yield Record(self._line(turn, self._said("") | final(turn)))

    def whole(self, turn: Turn) -> bytes:
        """See Dialect."""
        text, thought = "".join(turn.answer), "".join(turn.thinking)
        said = self._said(text, thought, turn.model.calls_tool)
        return self._line(turn, said | final(turn)).rstrip()

    def failure(self, message: str) -> bytes:
        """See Dialect."""
        return dump({"error": message}) + b"\n"

    def refusal(self, status: int, message: str) -> bytes:
        """See Dialect."""
        return dump({"error": message})

    def _said(self, text: str, thinking: str = "", calls: bool = False) -> dict[str, object]:
        thought = {"thinking": thinking} if thinking else {}
        if not self.is_chat:
            return {"response": text, **thought}
        tools = {"tool_calls": [_TOOL_CALL]} if calls else {}
        return {"message": {"role": "assistant", "content": text, **thought, **tools}}

    def _line(self, turn: Turn, fields: dict[str, object]) -> bytes:
        said = {"model": turn.model.name, **remote(turn.model), "created_at": CREATED_AT}
        return dump({**said, **fields}) + b"\n"


def remote(model: Model) -> dict[str, str]:
    """What an answer says that another host generated; Go leaves out what is empty."""
    said = {"remote_model": model.remote_model, "remote_host": model.remote_host}
    return {name: value for name, value in said.items() if value}


def final(turn: Turn) -> dict[str, object]:
    """The members that only the last record has. Counts of zero are left out, as Go does."""
    counts = {
        "prompt_eval_count": turn.prompt_tokens,
        "prompt_eval_cached_count": turn.model.cached_tokens,
        "eval_count": turn.output_tokens,
    }
    said = {name: count for name, count in counts.items() if count}
    return {"done": True, "done_reason": turn.reason, **turn.durations(), **said}
