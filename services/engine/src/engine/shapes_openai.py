"""Answers of /v1/chat/completions and /v1/completions: server-sent events, or one document.

Source: recorded v1-chat-*, v1-completions-*, broken-v1-*.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

from engine import errors, shapes
from engine.encoding import encode
from engine.generation import End, Piece
from engine.shapes import Facts

_DONE = b"data: [DONE]\n\n"
_FINGERPRINT = "fp_ollama"
_NO_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def _event(document: Any) -> bytes:
    return b"data: " + encode(document) + b"\n\n"


def _now() -> int:
    return time.time_ns() // 10**9


def usage(end: End) -> dict[str, int]:
    """The tokens of a finished answer."""
    return {
        "prompt_tokens": end.prompt_tokens,
        "completion_tokens": end.answer_tokens,
        "total_tokens": end.prompt_tokens + end.answer_tokens,
    }


class _OpenAI:
    stream_type = errors.SSE
    whole_type = errors.PLAIN_JSON
    gives_context = False
    _prefix = ""

    def __init__(self, model: str, *, include_usage: bool) -> None:
        self._model = model
        self._include_usage = include_usage
        # Ollama's identifiers are this short, and its clients treat them as opaque
        self._id = f"{self._prefix}-{random.randint(0, 999)}"


def _logprobs(pieces: Sequence[Piece]) -> dict[str, Any]:
    found = shapes.logprobs(pieces)
    return {"logprobs": {"content": found}} if found else {}


class Chat(_OpenAI):
    """Answers of /v1/chat/completions."""

    _prefix = "chatcmpl"

    def __init__(self, model: str, *, include_usage: bool) -> None:
        super().__init__(model, include_usage=include_usage)
        self._started = False

    def _chunk(self, choices: list[dict[str, Any]], model: str | None = None) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": _now(),
            "model": self._model if model is None else model,
            "system_fingerprint": _FINGERPRINT,
            "choices": choices,
        }

    def loaded(self, reason: str) -> bytes:
        """Never asked for: an OpenAI chat has at least one message."""
        raise NotImplementedError(reason)

    def piece(self, piece: Piece) -> bytes:
        """A piece of a streamed answer; the first one names the role."""
        delta = {"content": piece.text}
        if not self._started:
            delta = {"role": "assistant"} | delta
        self._started = True
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": None}
        return _event(self._chunk([choice | _logprobs([piece])]))

    def last(self, facts: Facts) -> bytes:
        """The end of a streamed answer: reason, usage where asked for, end marker."""
        choice = {"index": 0, "delta": {}, "finish_reason": facts.end.reason}
        told = _event(self._chunk([choice]))
        if self._include_usage:
            told += _event(self._chunk([]) | {"usage": usage(facts.end)})
        return told + _DONE

    def whole(self, pieces: Sequence[Piece], facts: Facts) -> bytes:
        """A whole answer."""
        text = "".join(piece.text for piece in pieces)
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": facts.end.reason,
        }
        document = self._chunk([choice | _logprobs(pieces)])
        document["object"] = "chat.completion"
        return encode(document | {"usage": usage(facts.end)}) + b"\n"

    def broken(self, message: str) -> bytes:
        """What Ollama sends when its model process ends: an empty piece of no model."""
        del message
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": None}
        return _event(self._chunk([choice], model=""))


class Completion(_OpenAI):
    """Answers of /v1/completions."""

    _prefix = "cmpl"

    def _chunk(self, choices: list[dict[str, Any]], model: str | None = None) -> dict[str, Any]:
        chunk = {
            "id": self._id,
            "object": "text_completion",
            "created": _now(),
            "choices": choices,
            "model": self._model if model is None else model,
            "system_fingerprint": _FINGERPRINT,
        }
        return chunk | ({"usage": _NO_USAGE} if self._include_usage else {})

    def _document(self, choice: dict[str, Any], used: dict[str, int]) -> bytes:
        # a whole answer has its keys in another order than a chunk
        document = {
            "id": self._id,
            "object": "text_completion",
            "created": _now(),
            "model": self._model,
            "system_fingerprint": _FINGERPRINT,
            "choices": [choice],
            "usage": used,
        }
        return encode(document) + b"\n"

    def _choice(self, text: str, reason: str | None, pieces: Sequence[Piece]) -> dict[str, Any]:
        return {"text": text, "index": 0, "finish_reason": reason} | _logprobs(pieces)

    def loaded(self, reason: str) -> bytes:
        """The answer to an empty prompt."""
        return self._document(self._choice("", reason, []), _NO_USAGE)

    def piece(self, piece: Piece) -> bytes:
        """A piece of a streamed answer."""
        return _event(self._chunk([self._choice(piece.text, None, [piece])]))

    def last(self, facts: Facts) -> bytes:
        """The end of a streamed answer: reason, usage where asked for, end marker."""
        told = _event(self._chunk([self._choice("", facts.end.reason, [])]))
        if self._include_usage:
            told += _event(self._chunk([]) | {"usage": usage(facts.end)})
        return told + _DONE

    def whole(self, pieces: Sequence[Piece], facts: Facts) -> bytes:
        """A whole answer."""
        text = "".join(piece.text for piece in pieces)
        return self._document(self._choice(text, facts.end.reason, pieces), usage(facts.end))

    def broken(self, message: str) -> bytes:
        """What Ollama sends when its model process ends: an empty piece of no model."""
        del message
        return _event(self._chunk([self._choice("", None, [])], model=""))
