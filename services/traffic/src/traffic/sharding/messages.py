"""What a process of `--workers` is told and tells: one JSON object a line, no word of a question.

To a share: a job, then the instant to begin. Its standard input's end tells it to stop. From it:
that it is warm, what happens, and in the end its own check. Attempts cross with all their facts,
to the last digit.
"""

from array import array
from typing import Any

import msgspec

from ollama_observe.wire.usage import Usage
from traffic.bank.questions import Category
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.run.selfcheck import SelfCheck
from traffic.settings import RequestRoute


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
    category: Category
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
    """A request has ended. The facts are those of an `Attempt`."""

    facts: dict[str, Any]


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The share has been played, or stopped."""

    check: SelfCheck


Message = Ready | Refused | Asked | Dropped | Answered | Done

_decoder = msgspec.json.Decoder(Message)


def line_of(message: Message | Job | Begin) -> bytes:
    """A message as it crosses."""
    return msgspec.json.encode(message) + b"\n"


def message_of(line: bytes) -> Message:
    """A message from a share. Raises: msgspec.DecodeError."""
    found: Message = _decoder.decode(line)
    return found


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


def answered(attempt: Attempt) -> Answered:
    """An attempt with all its facts."""
    facts = {name: getattr(attempt, name) for name in Attempt.__slots__}
    return Answered(facts | {"gaps_seconds": attempt.gaps_seconds.tolist()})


def attempt_of(message: Answered) -> Attempt:
    """The attempt again."""
    facts = dict(message.facts)
    facts["category"] = Category(facts["category"])
    facts["gaps_seconds"] = array("d", facts["gaps_seconds"])
    if facts["failure"] is not None:
        facts["failure"] = Failure(facts["failure"])
    if facts["usage"] is not None:
        facts["usage"] = Usage(**facts["usage"])
    return Attempt(**facts)
