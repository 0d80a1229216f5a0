"""The last message of a user, taken out of a request: what may be asked in other words. Pure.

Where it is not certain what the question is, there is none. Ollama reads names in any case: a
name that is written otherwise than usual might be one of those that are looked at here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ollama_observe.wire.endpoints import Answer
from proxy.cache.canonical import Fields, canonical

LIMIT_CHARACTERS = 500
"""Embedding models read some 512 tokens, and cut what is longer: its end would not count."""

_FENCE = "```"
"""A block of code counts letter by letter: who sends one asks of nothing else."""
_CUT = "\0question"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked last, and all else of the request in its form."""

    text: str
    rest: bytes


def question_of(answer: Answer, fields: Fields) -> Question | None:
    """The question of a request for this kind of answer; None where it has none."""
    take = _TAKERS.get(answer)
    taken = take(fields) if take is not None and _is_usual(fields) else None
    if taken is None:
        return None
    text, rest = taken
    if not text.strip() or len(text) > LIMIT_CHARACTERS or _FENCE in text:
        return None
    form = canonical(rest)
    return None if form is None else Question(text, form)


_Taken = tuple[str, Fields] | None


def _from_prompt(fields: Fields) -> _Taken:
    """A prompt that a template is put around: one that is raw, or has an end, is no question."""
    if fields.get("raw") or fields.get("suffix") or fields.get("context"):
        return None
    return _with(fields, "prompt", fields.get("prompt"))


def _from_input(fields: Fields) -> _Taken:
    if fields.get("previous_response_id") or fields.get("conversation"):
        return None
    given = fields.get("input")
    return _with(fields, "input", given) if isinstance(given, str) else _last(fields, "input")


def _from_messages(fields: Fields) -> _Taken:
    return _last(fields, "messages")


def _last(fields: Fields, name: str) -> _Taken:
    messages = fields.get(name)
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return None
    last = messages[-1]
    if last.get("role") != "user" or not _is_usual(last):
        return None
    taken = _with(last, "content", last.get("content"))
    taken = taken or _from_parts(last)
    if taken is None:
        return None
    text, rest = taken
    return text, {**fields, name: [*messages[:-1], rest]}


def _from_parts(message: Fields) -> _Taken:
    """Content in parts, of which one is text: pictures stay where they are."""
    parts = message.get("content")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return None
    texts = [place for place, part in enumerate(parts) if "text" in part]
    if len(texts) != 1 or not all(map(_is_usual, parts)):
        return None
    place = texts[0]
    taken = _with(parts[place], "text", parts[place]["text"])
    if taken is None:
        return None
    return taken[0], {**message, "content": [*parts[:place], taken[1], *parts[place + 1 :]]}


def _is_usual(fields: Fields) -> bool:
    """Whether all names are in lower case, as the interfaces have them."""
    return all(name == name.casefold() for name in fields)


def _with(fields: Fields, name: str, text: Any) -> _Taken:
    """The text, and the fields with a mark in its place."""
    return (text, {**fields, name: _CUT}) if isinstance(text, str) else None


_TAKERS: dict[Answer, Callable[[Fields], _Taken]] = {
    Answer.GENERATE: _from_prompt,
    Answer.CHAT: _from_messages,
    Answer.OPENAI_CHAT: _from_messages,
    Answer.RESPONSES: _from_input,
    Answer.MESSAGES: _from_messages,
}
"""Of the others nothing may be asked in other words: a vector or a completion is of its text."""
