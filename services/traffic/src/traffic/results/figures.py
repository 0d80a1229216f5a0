"""The figures of some requests. Pure.

Latencies and rates are of measured requests that got their whole answer. Failures, cancelled and
dropped ones are counted; what warmed up is in no figure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traffic.request.attempt import Attempt
from traffic.run.drops import Drop
from traffic.results.measures import MEASURES
from traffic.results.spreads import Spread, spread
from traffic.results.totals import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What some requests came to. `spreads` has a measure only where there are values.

    `checked` answers have a check, `refused` are those that do not satisfy it. Both, and the
    tokens, are of whole answers.
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


def figures(
    attempts: Iterable[Attempt], drops: Iterable[Drop] = (), counts: Counts | None = None
) -> Figures:
    """The figures of some requests; of those that warmed up, nothing.

    `counts` stand in place of those of the requests: they may be of more than are kept.
    """
    measured = [attempt for attempt in attempts if not attempt.is_warm_up]
    if counts is None:
        counts = _counted(measured, drops)
    return Figures(
        **{name: getattr(counts, name) for name in Counts.__dataclass_fields__},
        spreads=_spreads([attempt for attempt in measured if attempt.is_ok]),
    )


def _counted(measured: Iterable[Attempt], drops: Iterable[Drop]) -> Counts:
    counts = Counts(dropped=sum(drop.requests for drop in drops))
    for attempt in measured:
        counts.add(attempt)
    return counts


def _spreads(whole: Sequence[Attempt]) -> dict[str, Spread]:
    found = (
        (measure.name, spread(value for attempt in whole for value in measure.values(attempt)))
        for measure in MEASURES
    )
    return {name: values for name, values in found if values is not None}
