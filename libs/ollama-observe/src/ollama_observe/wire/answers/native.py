"""Ollama's own dialect: /api/generate, /api/chat, /api/embed and /api/embeddings.

Source: Ollama docs/api.md; api/types.go, `Metrics` (a count of 0 is left out).
"""

from typing import Any

import msgspec

from ollama_observe.wire.records import FAILED, Bytes, Closing, Record, count, spoken, word
from ollama_observe.wire.usage import Usage, seconds


class _Message(msgspec.Struct, gc=False):
    content: Any = None
    thinking: Any = None
    tool_calls: Any = None


class _Line(msgspec.Struct, gc=False):
    model: Any = None
    message: _Message | None = None
    response: Any = None
    thinking: Any = None
    done: Any = None
    done_reason: Any = None
    error: Any = None
    total_duration: Any = None
    load_duration: Any = None
    prompt_eval_count: Any = None
    prompt_eval_cached_count: Any = None
    prompt_eval_duration: Any = None
    eval_count: Any = None
    eval_duration: Any = None


class _Vectors(_Line, gc=False):
    embedding: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    embeddings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_line = msgspec.json.Decoder(_Line).decode
_vectors = msgspec.json.Decoder(_Vectors).decode


def read_line(data: Bytes) -> Record:
    """Read one line, or a whole unary answer, of /api/generate or /api/chat.

    Raises: UNREADABLE.
    """
    found = _line(data)
    closing = None
    if found.error is not None:
        closing = FAILED
    elif found.done is True:
        closing = Closing(True, word(found.done_reason), _usage(found))
    message = found.message
    if message is not None:
        return spoken(message.content, message.thinking, message.tool_calls, found.model, closing)
    return spoken(found.response, found.thinking, None, found.model, closing)


def read_vectors(data: Bytes) -> Record:
    """Read a whole answer of /api/embed or /api/embeddings; the latter has no counts.

    Raises: UNREADABLE.
    """
    found = _vectors(data)
    if found.error is not None:
        return Record(closing=FAILED)
    closing = None
    if found.embeddings is not msgspec.UNSET:
        closing = Closing(is_end=True, usage=_usage(found))
    elif found.embedding is not msgspec.UNSET:
        closing = Closing(is_end=True)
    return Record(model=word(found.model), closing=closing)


def _usage(found: _Line) -> Usage:
    return Usage(
        prompt_tokens=count(found.prompt_eval_count),
        generated_tokens=count(found.eval_count),
        cached_prompt_tokens=count(found.prompt_eval_cached_count),
        total_seconds=seconds(count(found.total_duration)),
        load_seconds=seconds(count(found.load_duration)),
        prefill_seconds=seconds(count(found.prompt_eval_duration)),
        decode_seconds=seconds(count(found.eval_duration)),
    )
