"""What an open loop could not ask."""

from dataclasses import dataclass

from traffic.plan.planned import PlannedQuestion


@dataclass(frozen=True, slots=True)
class Drop:
    """A question that was due while too many others were in flight, and was not asked.

    `at_seconds` is when it was due, after the beginning; `requests` how many it would have sent.
    """

    category: str
    model: str
    at_seconds: float
    requests: int


def drop_of(question: PlannedQuestion) -> Drop:
    """What is kept of a question that was not asked."""
    at = question.at_seconds or 0.0
    return Drop(question.category, question.model, at, len(question.turns))
