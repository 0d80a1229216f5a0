"""What crosses between the processes of a run: JSON, and no word of a question.

A share of `--workers` is given orders, a line each: a job, then the instant to begin. Its standard
input's end tells it to stop. It reports, a line each: that it is warm, what happens, and in the end
its own check. What Locust has between its processes are attempts. An attempt crosses with all its
facts, to the last digit.
"""

from array import array
from collections.abc import Sequence
from typing import Any

import msgspec

from traffic.choices import RequestRoute
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt
from traffic.run.selfcheck import SelfCheck


class Job(msgspec.Struct, frozen=True):
    """A share of a plan: the one at `index` of `count`. `sha256` is the whole plan's."""

    settings: dict[str, Any]
    index: int
    count: int
    sha256: str


class Begin(msgspec.Struct, frozen=True):
    """The instant 0 of what is measured, by the clock that all processes of a machine share."""

    at: float


class Outline(msgspec.Struct, frozen=True):
    """A planned question without its words."""

    question_id: str
    category: str
    requests: int
    model: str
    route: RequestRoute
    index: int
    is_warm_up: bool
    at_seconds: float | None


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The share is warmed up."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The share cannot be played; the sentence says why."""

    sentence: str


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """A request is about to be sent."""

    question: Outline


class Dropped(msgspec.Struct, frozen=True, tag="dropped"):
    """A question is not asked."""

    question: Outline


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """A request has ended."""

    attempt: Attempt


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The share has been played, or stopped."""

    check: SelfCheck


Order = Job | Begin
Report = Ready | Refused | Asked | Dropped | Answered | Done

_encode = msgspec.json.Encoder(enc_hook=list).encode  # an array is told as a list


def _array(_: type, values: list[float]) -> "array[float]":
    return array("d", values)


_report = msgspec.json.Decoder(Report, dec_hook=_array)
_attempts = msgspec.json.Decoder(list[Attempt], dec_hook=_array)


def line_of(message: Order | Report) -> bytes:
    """An order or a report as it crosses."""
    return _encode(message) + b"\n"


def report_of(line: bytes) -> Report:
    """A report of a share. Raises: msgspec.DecodeError."""
    found: Report = _report.decode(line)
    return found


def bytes_of(attempts: Sequence[Attempt]) -> bytes:
    """Attempts as they cross."""
    return _encode(attempts)


def attempts_of(told: bytes) -> list[Attempt]:
    """The attempts again. Raises: msgspec.DecodeError."""
    return _attempts.decode(told)


def outline_of(question: PlannedQuestion) -> Outline:
    """What is told of a question."""
    return Outline(
        question.question_id,
        question.category,
        len(question.turns),
        question.model,
        question.route,
        question.index,
        question.is_warm_up,
        question.at_seconds,
    )


def question_of(outline: Outline) -> PlannedQuestion:
    """A question to count by: its turns are empty."""
    return PlannedQuestion(
        outline.question_id,
        outline.category,
        None,
        ("",) * outline.requests,
        max_tokens=0,
        seed=0,
        route=outline.route,
        model=outline.model,
        at_seconds=outline.at_seconds,
        is_warm_up=outline.is_warm_up,
        index=outline.index,
    )
