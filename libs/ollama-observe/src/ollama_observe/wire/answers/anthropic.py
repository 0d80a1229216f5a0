"""Anthropic's dialect: /v1/messages.

`message_start` carries an estimate of the prompt's tokens, made before any was counted:
only `message_delta` is believed. `input_tokens` are those that no cache had a part in: with
what was read from one and written to one, told apart, they are the prompt.
Source: Anthropic API reference, "Messages", streaming; Ollama anthropic/anthropic.go.
"""

from typing import Any

import msgspec

from ollama_observe.wire.records import (
    FAILED,
    Bytes,
    Closing,
    Record,
    count,
    member,
    spoken,
    word,
)
from ollama_observe.wire.usage import Usage


class _Delta(msgspec.Struct, gc=False):
    text: Any = None
    thinking: Any = None
    partial_json: Any = None
    stop_reason: Any = None


class _Event(msgspec.Struct, gc=False):
    type: Any = None
    delta: _Delta | None = None
    message: Any = None
    usage: Any = None
    error: Any = None


class _Whole(msgspec.Struct, gc=False):
    model: Any = None
    content: Any = None
    stop_reason: Any = None
    usage: Any = None
    error: Any = None


_event = msgspec.json.Decoder(_Event).decode
_whole = msgspec.json.Decoder(_Whole).decode

_DONE_REASONS = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}

_STOPPED = Record(closing=Closing(is_end=True))


def read_event(data: Bytes) -> Record:
    """Read one event. Raises: UNREADABLE."""
    found = _event(data)
    delta = found.delta
    if delta is not None and found.type == "content_block_delta":
        return spoken(delta.text, delta.thinking, delta.partial_json, None)
    if found.error is not None:
        return Record(closing=FAILED)
    if found.type == "message_delta" and delta is not None:
        return Record(closing=Closing(False, _done_reason(delta.stop_reason), _usage(found.usage)))
    if found.type == "message_stop":
        return _STOPPED
    return Record(model=word(member(found.message, "model")))


def read_unary(data: Bytes) -> Record:
    """Read a whole unary answer, which says why it stopped. Raises: UNREADABLE."""
    found = _whole(data)
    if found.error is not None:
        return Record(closing=FAILED)
    reason = _done_reason(found.stop_reason)
    blocks = found.content if isinstance(found.content, list) else ()
    thoughts = [thought for block in blocks if (thought := word(member(block, "thinking")))]
    return Record(
        thinking_characters=sum(len(thought) for thought in thoughts),
        model=word(found.model),
        closing=Closing(reason is not None, reason, _usage(found.usage)),
    )


def _done_reason(value: object) -> str | None:
    reason = word(value)
    return None if reason is None else _DONE_REASONS.get(reason, reason)


def _usage(usage: object) -> Usage | None:
    prompt, generated = count(member(usage, "input_tokens")), count(member(usage, "output_tokens"))
    if prompt is None and generated is None:
        return None
    read = count(member(usage, "cache_read_input_tokens"))
    if prompt is not None:  # here, unlike elsewhere, what came from a cache is not in it
        prompt += (read or 0) + (count(member(usage, "cache_creation_input_tokens")) or 0)
    return Usage(prompt, generated, read)
