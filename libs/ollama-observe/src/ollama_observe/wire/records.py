"""One record of an answer, whatever its dialect, as one shape of facts.

The readers in `answers` make them. Types are loose there on purpose: a field of an
unexpected type must not hide the others, so everything but the frame is read as it comes
and checked where it is used.
"""

from enum import StrEnum
from typing import Any

import msgspec

from ollama_observe.wire.usage import Usage


class Output(StrEnum):
    """What a record brought: which of the model's outputs."""

    CONTENT = "content"
    THINKING = "thinking"
    TOOL_CALL = "tool_call"


class Closing(msgspec.Struct, frozen=True, gc=False):
    """What a record says of the answer as a whole. None and False: nothing."""

    is_end: bool = False
    """The dialect's own sign that the answer is whole."""
    done_reason: str | None = None
    """Why it ended, in Ollama's own words whatever the dialect, where it has one."""
    usage: Usage | None = None
    is_error: bool = False
    is_remote: bool = False
    """Another host generated it: Ollama's own dialect says so, others do not."""


class Record(msgspec.Struct, gc=False):
    """The facts of one record."""

    output: Output | None = None
    """None where it brought no output, as a record that only names a role."""
    thinking_characters: int = 0
    model: str | None = None
    closing: Closing | None = None
    """None in mid-stream, where there is nothing to say but output."""


Bytes = bytes | bytearray
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What readers raise for a record that is no JSON, or not of the dialect's frame."""

raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""The members of a JSON object, each as it was written. Raises: UNREADABLE."""

FAILED = Closing(is_error=True)

_CONTENT, _THINKING, _TOOL_CALL = Output.CONTENT, Output.THINKING, Output.TOOL_CALL


def spoken(
    text: object, thinking: Any, tool_calls: object, model: object, closing: Closing | None = None
) -> Record:
    """The record of what a model said; each part is empty or None where it said none."""
    output: Output | None
    characters = 0
    if thinking:
        characters = len(thinking) if isinstance(thinking, str) else 0
        output = _CONTENT if text else _THINKING
    elif text:
        output = _CONTENT
    else:
        output = _TOOL_CALL if tool_calls else None
    return Record(output, characters, model if isinstance(model, str) else None, closing)


def word(value: object) -> str | None:
    """A text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value else None


def count(value: object) -> int | None:
    """A whole number that counts something; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def member(value: object, name: str) -> Any:
    """A member of what should be a JSON object; None where it is none, or lacks it."""
    return value.get(name) if isinstance(value, dict) else None


def problems(unreadable: int, too_long: int) -> dict[str, int]:
    """How many records could not be read, by reason; empty where all could."""
    if not unreadable and not too_long:
        return {}
    found = {"json": unreadable, "too_long": too_long}
    return {reason: count for reason, count in found.items() if count}
