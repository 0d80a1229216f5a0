"""OpenAI's Responses dialect: /v1/responses.

Every event says its type in its data, too, so the `event:` line is not needed.
Source: OpenAI API reference, "Responses", streaming events; Ollama openai/responses.go.
"""

from typing import Any

import msgspec

from ollama_observe.wire.records import (
    FAILED,
    Bytes,
    Closing,
    Output,
    Record,
    count,
    member,
    word,
)
from ollama_observe.wire.usage import Usage


class _Response(msgspec.Struct, gc=False):
    model: Any = None
    status: Any = None
    usage: Any = None
    error: Any = None
    incomplete_details: Any = None


class _Whole(_Response, gc=False):
    output: Any = None


class _Event(msgspec.Struct, gc=False):
    type: Any = None
    delta: Any = None
    response: _Response | None = None
    error: Any = None


_event = msgspec.json.Decoder(_Event).decode
_whole = msgspec.json.Decoder(_Whole).decode

_OUTPUTS = {
    "response.output_text.delta": Output.CONTENT,
    "response.refusal.delta": Output.CONTENT,
    "response.reasoning_summary_text.delta": Output.THINKING,
    "response.reasoning_text.delta": Output.THINKING,
    "response.function_call_arguments.delta": Output.TOOL_CALL,
    "response.custom_tool_call_input.delta": Output.TOOL_CALL,
}

_ENDED = ("completed", "incomplete")

# `completed` is said of answers cut at their limit as well (seen), so it is no `stop`.
_DONE_REASONS = {"max_output_tokens": "length"}


def read_event(data: Bytes) -> Record:
    """Read one event. Raises: UNREADABLE."""
    found = _event(data)
    if found.delta:
        output = _OUTPUTS.get(found.type) if isinstance(found.type, str) else None
        is_thinking = output is Output.THINKING and isinstance(found.delta, str)
        return Record(output, len(found.delta) if is_thinking else 0)
    if found.type == "error" or found.error is not None:
        return Record(closing=FAILED)
    return Record() if found.response is None else _read(found.response)


def read_unary(data: Bytes) -> Record:
    """Read a whole unary answer. Raises: UNREADABLE."""
    found = _whole(data)
    record = _read(found)
    record.thinking_characters = _thinking_characters(found.output)
    return record


def _read(found: _Response) -> Record:
    status, closing = word(found.status), None
    if found.error is not None or status == "failed":
        closing = FAILED
    elif status in _ENDED:
        reason = word(member(found.incomplete_details, "reason")) or status
        closing = Closing(True, _DONE_REASONS.get(reason, reason), _usage(found.usage))
    return Record(model=word(found.model), closing=closing)


def _usage(usage: object) -> Usage | None:
    prompt, generated = count(member(usage, "input_tokens")), count(member(usage, "output_tokens"))
    if prompt is None and generated is None:
        return None
    cached = count(member(member(usage, "input_tokens_details"), "cached_tokens"))
    return Usage(prompt, generated, cached)


def _thinking_characters(output: object) -> int:
    """Of the `reasoning` items of a whole answer."""
    characters = 0
    for item in output if isinstance(output, list) else ():
        if member(item, "type") == "reasoning":
            parts = member(item, "summary")
            texts = [member(part, "text") for part in parts] if isinstance(parts, list) else []
            characters += sum(len(text) for text in texts if isinstance(text, str))
    return characters
