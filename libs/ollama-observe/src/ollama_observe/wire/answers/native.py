"""Ollama's own dialect: /api/generate, /api/chat, /api/embed and /api/embeddings.

Source: Ollama docs/api.md; api/types.go, `Metrics` (a count of 0 is left out).
"""

from typing import Annotated, Any

import msgspec

from ollama_observe.wire.locations import says_remote
from ollama_observe.wire.records import (
    FAILED,
    Bytes,
    Closing,
    Record,
    count,
    raw_members,
    spoken,
    word,
)
from ollama_observe.wire.usage import Usage, seconds


class _Message(msgspec.Struct, gc=False):
    content: Any = None
    thinking: Any = None
    tool_calls: Any = None


_Count = Annotated[int, msgspec.Meta(ge=0)] | None
_COUNTING = ("_count", "_duration")


class _Line(msgspec.Struct, gc=False):
    model: Any = None
    message: _Message | None = None
    response: Any = None
    thinking: Any = None
    done: Any = None
    done_reason: Any = None
    error: Any = None
    total_duration: _Count = None
    load_duration: _Count = None
    prompt_eval_count: _Count = None
    prompt_eval_cached_count: _Count = None
    prompt_eval_duration: _Count = None
    eval_count: _Count = None
    eval_duration: _Count = None


class _Vectors(_Line, gc=False):
    embedding: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    embeddings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Remote(msgspec.Struct, gc=False):
    remote_host: Any = None
    remote_model: Any = None


_COUNTS = frozenset(field for field in _Line.__struct_fields__ if field.endswith(_COUNTING))

_line = msgspec.json.Decoder(_Line).decode
_vectors = msgspec.json.Decoder(_Vectors).decode
_remote = msgspec.json.Decoder(_Remote).decode


def read_line(data: Bytes) -> Record:
    """Read one line, or a whole unary answer, of /api/generate or /api/chat.

    Raises: UNREADABLE.
    """
    try:
        found = _line(data)
    except msgspec.ValidationError:
        found = _line(_with_counts_only(data))
    closing = None
    if found.error is not None:
        closing = FAILED
    elif found.done is True:
        closing = Closing(True, word(found.done_reason), _usage(found), is_remote=_is_remote(data))
    message = found.message
    if message is not None:
        return spoken(message.content, message.thinking, message.tool_calls, found.model, closing)
    return spoken(found.response, found.thinking, None, found.model, closing)


def read_vectors(data: Bytes) -> Record:
    """Read a whole answer of /api/embed or /api/embeddings; the latter has no counts.

    Raises: UNREADABLE.
    """
    try:
        found = _vectors(data)
    except msgspec.ValidationError:
        found = _vectors(_with_counts_only(data))
    if found.error is not None:
        return Record(closing=FAILED)
    closing = None
    if found.embeddings is not msgspec.UNSET:
        closing = Closing(is_end=True, usage=_usage(found))
    elif found.embedding is not msgspec.UNSET:
        closing = Closing(is_end=True)
    return Record(model=word(found.model), closing=closing)


def _is_remote(data: Bytes) -> bool:
    """Whether an answer says that another host generated it.

    Each record says so, and nearly none does: looked at once an answer, not once a token.
    """
    if b'"remote_' not in data:
        return False
    found = _remote(data)
    return says_remote(found.remote_host, found.remote_model)


def _with_counts_only(data: Bytes) -> bytes:
    """The line without what should be a count and is none: the other counts still are.

    Raises: UNREADABLE.
    """
    members = raw_members(data)
    wrong = [
        name
        for name in _COUNTS & members.keys()
        if count(msgspec.json.decode(members[name])) is None
    ]
    for name in wrong:
        del members[name]
    return msgspec.json.encode(members)


def _usage(found: _Line) -> Usage:
    return Usage(
        found.prompt_eval_count,
        found.eval_count,
        found.prompt_eval_cached_count,
        seconds(found.total_duration),
        seconds(found.load_duration),
        seconds(found.prompt_eval_duration),
        seconds(found.eval_duration),
    )
