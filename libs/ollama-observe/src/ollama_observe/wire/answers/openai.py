"""OpenAI's dialect, all but Responses: chat, completions, embeddings, transcriptions.

A stream's chunk never says that the answer is whole: `[DONE]` does, which is no JSON.
Source: OpenAI API reference; Ollama openai/openai.go and middleware/openai.go.
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

END = b"[DONE]"


class _Message(msgspec.Struct, gc=False):
    content: Any = None
    reasoning: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Message | None = None
    message: _Message | None = None
    text: Any = None
    finish_reason: Any = None


class _Chunk(msgspec.Struct, gc=False):
    model: Any = None
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


class _Whole(msgspec.Struct, gc=False):
    model: Any = None
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    text: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    usage: Any = None
    error: Any = None


_NOTHING_SAID = _Choice()

_chunk = msgspec.json.Decoder(_Chunk).decode
_whole = msgspec.json.Decoder(_Whole).decode


def read_chunk(data: Bytes) -> Record:
    """Read one event of chat or completions. Raises: UNREADABLE."""
    found = _chunk(data)
    choice = found.choices[0] if found.choices else _NOTHING_SAID
    closing = None
    if choice.finish_reason is not None or found.usage is not None or found.error is not None:
        closing = _closing(found, choice)
    message = choice.delta or choice.message
    if message is None:
        return spoken(choice.text, None, None, found.model, closing)
    return spoken(message.content, message.reasoning, message.tool_calls, found.model, closing)


def read_unary(data: Bytes) -> Record:
    """Read a whole unary answer of chat or completions, which says why it finished.

    Raises: UNREADABLE.
    """
    record = read_chunk(data)
    if record.closing is not None and record.closing.done_reason is not None:
        record.closing = msgspec.structs.replace(record.closing, is_end=True)
    return record


def read_vectors(data: Bytes) -> Record:
    """Read a whole answer of /v1/embeddings. Raises: UNREADABLE."""
    found = _whole(data)
    return _read_whole(found, found.data is not msgspec.UNSET)


def read_transcript(data: Bytes) -> Record:
    """Read a whole answer of /v1/audio/transcriptions. Raises: UNREADABLE."""
    found = _whole(data)
    return _read_whole(found, found.text is not msgspec.UNSET)


def _read_whole(found: _Whole, is_end: bool) -> Record:
    if found.error is not None:
        return Record(closing=FAILED)
    prompt = count(member(found.usage, "prompt_tokens"))
    usage = None if prompt is None else Usage(prompt_tokens=prompt)
    return Record(model=word(found.model), closing=Closing(is_end, usage=usage))


def _closing(found: _Chunk, choice: _Choice) -> Closing:
    if found.error is not None:
        return FAILED
    return Closing(done_reason=word(choice.finish_reason), usage=_usage(found.usage))


def _usage(usage: object) -> Usage | None:
    """None as well for the all-zero usage that every chunk but the last may carry."""
    prompt = count(member(usage, "prompt_tokens"))
    generated = count(member(usage, "completion_tokens"))
    if not prompt and not generated:
        return None
    cached = count(member(member(usage, "prompt_tokens_details"), "cached_tokens"))
    return Usage(prompt, generated, cached)
