"""Texts to a request for vectors, and the bytes of its answer to a count of them. No I/O.

The answer comes in one piece: it has an end, and no first token.
"""

import json
from typing import Any

import msgspec

from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import LINE_LIMIT_BYTES, Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.records import UNREADABLE
from traffic.choices import Api
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import ollama_duration
from traffic.request.reading import REPORTED, fail

PATHS: dict[Api, str] = {"native": "/api/embed", "openai": "/v1/embeddings"}
"""The Anthropic API has no embeddings."""

ANSWERS: dict[Api, Answer] = {"native": Answer.EMBED, "openai": Answer.OPENAI_EMBEDDINGS}


def build(
    api: Api,
    model: str,
    question: PlannedQuestion,
    *,
    num_ctx: int | None = None,
    keep_alive: str | None = None,
) -> bytes:
    """The body of a request for vectors. A prefix stands before each of the texts.

    `num_ctx` and `keep_alive` are the native API's alone.
    """
    body: dict[str, Any] = {"model": model, "input": _prefixed(question)}
    if api == "native":
        if num_ctx is not None:
            body["options"] = {"num_ctx": num_ctx}
        if keep_alive is not None:
            body["keep_alive"] = ollama_duration(keep_alive)
    return json.dumps(body, ensure_ascii=False).encode()


def _prefixed(question: PlannedQuestion) -> str | list[str]:
    given = question.inputs or ()
    if isinstance(given, str):
        return f"{question.prefix}{given}"
    return [f"{question.prefix}{text}" for text in given]


class Vectors:
    """An answer with success, which is whole when it has a vector for each input."""

    def __init__(self, attempt: Attempt, api: Api, question: PlannedQuestion) -> None:
        self._attempt = attempt
        self._expected = 1 if isinstance(question.inputs, str) else len(question.inputs or ())
        self._meter = StreamMeter(ANSWERS[api], Framing.JSON)
        self._body = bytearray()

    def feed(self, instant: float, data: bytes) -> bool:
        """Take the next bytes; whether there are more than anybody wants."""
        if self._attempt.first_byte is None:
            self._attempt.first_byte = instant
        self._meter.feed(instant, data)
        self._body += data
        return len(self._body) > LINE_LIMIT_BYTES

    def finish(self, instant: float) -> None:
        """The body has ended."""
        self._meter.finish(instant)

    def note(self) -> None:
        """Write down what was seen."""
        self._attempt.usage = self._meter.usage

    def judged(self) -> str:
        """Note whether the vectors are all there; there is no text."""
        if self._meter.saw_error:
            fail(self._attempt, Failure.STREAM_ERROR, REPORTED)
        elif (found := _vectors(self._body)) != self._expected:
            said = f"expected {self._expected} vectors, found {found}"
            fail(self._attempt, Failure.UNREADABLE, said)
        return ""


class _Datum(msgspec.Struct, gc=False):
    embedding: msgspec.Raw


class _Body(msgspec.Struct, gc=False):
    """Of both APIs; the numbers are not looked at."""

    embeddings: tuple[msgspec.Raw, ...] = ()
    data: tuple[_Datum, ...] = ()


_decode = msgspec.json.Decoder(_Body).decode


def _vectors(body: bytearray) -> int:
    """How many there are; 0 in what is no such answer, or too long for one."""
    if len(body) > LINE_LIMIT_BYTES:
        return 0
    try:
        found = _decode(body)
    except UNREADABLE:
        return 0
    vectors = (*found.embeddings, *(datum.embedding for datum in found.data))
    return sum(vector[:1] == b"[" and vector != b"[]" for vector in map(bytes, vectors))
