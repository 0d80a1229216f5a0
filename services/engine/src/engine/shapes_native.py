"""Answers of /api/chat and /api/generate: NDJSON, or one JSON document.

The order of keys is Ollama's; a number that is 0 is absent.
Source: Ollama api/types.go (`ChatResponse`, `GenerateResponse`); recorded chat-*, generate-*.
"""

import time
from collections.abc import Sequence
from typing import Any

from engine import errors, shapes
from engine.encoding import encode, timestamp
from engine.generation import Piece
from engine.shapes import Facts


def _metrics(facts: Facts) -> dict[str, int]:
    numbers = {
        "total_duration": facts.total_ns,
        "load_duration": facts.load_ns,
        "prompt_eval_count": facts.end.prompt_tokens,
        "prompt_eval_duration": facts.end.prompt_ns,
        "eval_count": facts.end.answer_tokens,
        "eval_duration": facts.end.answer_ns,
    }
    return {name: number for name, number in numbers.items() if number}


class _Native:
    stream_type = errors.NDJSON
    whole_type = errors.JSON
    gives_context = False

    def __init__(self, model: str) -> None:
        self._model = model

    def _head(self) -> dict[str, Any]:
        return {"model": self._model, "created_at": timestamp(time.time_ns())}

    def _text(self, text: str) -> dict[str, Any]:
        raise NotImplementedError

    def _final(self, text: str, pieces: Sequence[Piece], facts: Facts) -> dict[str, Any]:
        raise NotImplementedError

    def loaded(self, reason: str) -> bytes:
        """The answer to a request that only loads or unloads."""
        return encode(self._head() | self._text("") | {"done": True, "done_reason": reason})

    def piece(self, piece: Piece) -> bytes:
        """A piece of a streamed answer."""
        line = self._head() | self._text(piece.text) | {"done": False}
        return encode(line | _logprobs([piece])) + b"\n"

    def last(self, facts: Facts) -> bytes:
        """The end of a streamed answer."""
        return encode(self._final("", [], facts)) + b"\n"

    def whole(self, pieces: Sequence[Piece], facts: Facts) -> bytes:
        """A whole answer."""
        return encode(self._final("".join(piece.text for piece in pieces), pieces, facts))

    def broken(self, message: str) -> bytes:
        """The end of a streamed answer whose model process ended."""
        return encode({"error": message}) + b"\n"


def _logprobs(pieces: Sequence[Piece]) -> dict[str, Any]:
    found = shapes.logprobs(pieces)
    return {"logprobs": found} if found else {}


class Chat(_Native):
    """Answers of /api/chat."""

    def _text(self, text: str) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": text}}

    def _final(self, text: str, pieces: Sequence[Piece], facts: Facts) -> dict[str, Any]:
        done = {"done": True, "done_reason": facts.end.reason}
        return self._head() | self._text(text) | done | _logprobs(pieces) | _metrics(facts)


class Generate(_Native):
    """Answers of /api/generate; they carry the context unless the prompt was raw."""

    def __init__(self, model: str, *, gives_context: bool) -> None:
        super().__init__(model)
        self.gives_context = gives_context

    def _text(self, text: str) -> dict[str, Any]:
        return {"response": text}

    def _final(self, text: str, pieces: Sequence[Piece], facts: Facts) -> dict[str, Any]:
        done: dict[str, Any] = {"done": True, "done_reason": facts.end.reason}
        if facts.context:
            done["context"] = facts.context
        return self._head() | self._text(text) | done | _metrics(facts) | _logprobs(pieces)
