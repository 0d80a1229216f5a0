"""One JSON record of an answer, in either dialect, to one shape of facts.

Types are loose on purpose: a field of an unexpected type must not hide the others, so
everything but the frame is read as it comes and checked where it is used.
"""

from enum import StrEnum
from typing import Any

import msgspec

from ollama_observe.wire.usage import Usage, seconds


class Output(StrEnum):
    """What a record brought: which of the model's outputs."""

    CONTENT = "content"
    THINKING = "thinking"
    TOOL_CALL = "tool_call"


class Record(msgspec.Struct):
    """The facts of one record. None and False mean that it does not say."""

    output: Output | None = None
    model: str | None = None
    is_end: bool = False
    """The dialect's own sign that the answer is whole."""
    done_reason: str | None = None
    usage: Usage | None = None
    is_error: bool = False


class _Message(msgspec.Struct):
    content: Any = None
    thinking: Any = None
    reasoning: Any = None
    tool_calls: Any = None


class _Native(msgspec.Struct):
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


class _Choice(msgspec.Struct):
    delta: _Message | None = None
    message: _Message | None = None
    finish_reason: Any = None


class _OpenAI(msgspec.Struct):
    model: Any = None
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_native = msgspec.json.Decoder(_Native)
_openai = msgspec.json.Decoder(_OpenAI)

UnreadableRecord = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the readers raise for a record that is no JSON, or not of the dialect's frame."""


def read_native(data: bytes | bytearray) -> Record:
    """Read one line, or a whole unary answer, of /api/generate or /api/chat.

    Raises: UnreadableRecord.
    Source: Ollama docs/api.md, "Generate a completion" and "Generate a chat completion".
    """
    found = _native.decode(data)
    message = found.message
    done = found.done is True
    return Record(
        output=_output(message)
        if message is not None
        else _kind(found.response, found.thinking, None),
        model=_text(found.model),
        is_end=done,
        done_reason=_text(found.done_reason) if done else None,
        usage=_native_usage(found) if done else None,
        is_error=found.error is not None,
    )


def read_openai(data: bytes | bytearray) -> Record:
    """Read one event, or a whole unary answer, of /v1/chat/completions.

    `is_end` is never set for a stream's chunk: its end marker is `[DONE]`, which is no
    JSON. A unary answer is whole when it says why it finished.
    Raises: UnreadableRecord.
    Source: OpenAI API reference, "Chat completions"; Ollama openai/openai.go.
    """
    found = _openai.decode(data)
    choice = found.choices[0] if found.choices else None
    record = Record(
        model=_text(found.model),
        usage=_openai_usage(found.usage),
        is_error=found.error is not None,
    )
    if choice is not None:
        record.output = _output(choice.delta or choice.message)
        record.done_reason = _text(choice.finish_reason)
        record.is_end = choice.message is not None and record.done_reason is not None
    return record


def _output(message: _Message | None) -> Output | None:
    if message is None:
        return None
    return _kind(message.content, message.thinking or message.reasoning, message.tool_calls)


def _kind(content: object, thinking: object, tool_calls: object) -> Output | None:
    if content:
        return Output.CONTENT
    if thinking:
        return Output.THINKING
    return Output.TOOL_CALL if tool_calls else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value >= 0 else None  # type: ignore[operator,return-value]


def _native_usage(found: _Native) -> Usage:
    return Usage(
        prompt_tokens=_count(found.prompt_eval_count),
        generated_tokens=_count(found.eval_count),
        cached_prompt_tokens=_count(found.prompt_eval_cached_count),
        total_seconds=seconds(_count(found.total_duration)),
        load_seconds=seconds(_count(found.load_duration)),
        prefill_seconds=seconds(_count(found.prompt_eval_duration)),
        decode_seconds=seconds(_count(found.eval_duration)),
    )


def _openai_usage(usage: object) -> Usage | None:
    """None as well for the all-zero usage that every chunk but the last may carry."""
    if not isinstance(usage, dict):
        return None
    prompt, generated = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if not prompt and not generated:
        return None
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return Usage(prompt_tokens=prompt, generated_tokens=generated, cached_prompt_tokens=cached)
