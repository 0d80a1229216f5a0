"""The figures of some requests. Pure.

Latencies and rates are of measured requests that got their whole answer. Failures, cancelled and
dropped ones are counted; what warmed up is in no figure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traffic.attempt import Attempt
from traffic.measures import MEASURES
from traffic.plan import PlannedQuestion
from traffic.questions import Category
from traffic.spreads import Spread, spread


@dataclass(frozen=True, slots=True)
class Drop:
    """A question that was due while too many others were in flight, and was not asked.

    `at_seconds` is when it was due, after the beginning; `requests` how many it would have sent.
    """

    category: Category
    model: str
    at_seconds: float
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What some requests came to. `spreads` has a measure only where there are values.

    `checked` answers have a check, `refused` are those that do not satisfy it: both of whole ones.
    """

    ok: int
    failed: int
    cancelled: int
    dropped: int
    checked: int
    refused: int
    prompt_tokens: int
    generated_tokens: int
    spreads: dict[str, Spread]

    @property
    def error_ratio(self) -> float | None:
        """Failures among the requests that were sent and not cancelled."""
        sent = self.ok + self.failed
        return self.failed / sent if sent else None

    @property
    def dropped_ratio(self) -> float | None:
        """What was not sent among all that was due."""
        due = self.ok + self.failed + self.cancelled + self.dropped
        return self.dropped / due if due else None

    @property
    def refused_ratio(self) -> float | None:
        """Answers that their check refuses, of those that have one."""
        return self.refused / self.checked if self.checked else None


def drop_of(question: PlannedQuestion) -> Drop:
    """What is kept of a question that was not asked."""
    at = question.at_seconds or 0.0
    return Drop(question.category, question.model, at, len(question.turns))


def figures(attempts: Iterable[Attempt], drops: Iterable[Drop] = ()) -> Figures:
    """The figures of some requests; of those that warmed up, nothing."""
    measured = [attempt for attempt in attempts if not attempt.is_warm_up]
    whole = [attempt for attempt in measured if attempt.is_ok]
    usages = [attempt.usage for attempt in measured if attempt.usage is not None]
    cancelled = sum(attempt.is_cancelled for attempt in measured)
    return Figures(
        ok=len(whole),
        failed=len(measured) - len(whole) - cancelled,
        cancelled=cancelled,
        dropped=sum(drop.requests for drop in drops),
        checked=sum(attempt.is_valid is not None for attempt in whole),
        refused=sum(attempt.is_valid is False for attempt in whole),
        prompt_tokens=sum(usage.prompt_tokens or 0 for usage in usages),
        generated_tokens=sum(usage.generated_tokens or 0 for usage in usages),
        spreads=_spreads(whole),
    )


def _spreads(whole: Sequence[Attempt]) -> dict[str, Spread]:
    found = (
        (measure.name, spread(value for attempt in whole for value in measure.values(attempt)))
        for measure in MEASURES
    )
    return {name: values for name, values in found if values is not None}
