"""The figures of some requests. Pure.

Latencies and rates are of measured requests that got their whole answer. Failures, cancelled and
dropped ones are counted; what warmed up is in no figure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traffic.request.attempt import Attempt
from traffic.results.measures import MEASURES
from traffic.results.spreads import Spread, spread
from traffic.results.totals import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What some requests came to. `spreads` has a measure only where there are values.

    `checked` answers have a check, `refused` are those that do not satisfy it. Both, and the
    tokens, are of whole answers. `cancellations_planned` are those of requests that were sent: an
    answer can end before it is `cancelled_as_planned`.
    """

    ok: int
    failed: int
    cancelled: int
    dropped: int
    checked: int
    refused: int
    prompt_tokens: int
    generated_tokens: int
    cancellations_planned: int = 0
    cancelled_as_planned: int = 0
    spreads: dict[str, Spread]

    @property
    def sent(self) -> int:
        """How many requests were sent and have ended."""
        return self.ok + self.failed + self.cancelled

    @property
    def error_ratio(self) -> float | None:
        """Failures among the requests that were sent and not cancelled."""
        judged = self.sent - self.cancelled
        return self.failed / judged if judged else None

    @property
    def dropped_ratio(self) -> float | None:
        """What was not sent among all that was due."""
        due = self.sent + self.dropped
        return self.dropped / due if due else None

    @property
    def refused_ratio(self) -> float | None:
        """Answers that their check refuses, of those that have one."""
        return self.refused / self.checked if self.checked else None


def figures(attempts: Iterable[Attempt], counts: Counts) -> Figures:
    """The figures of some requests; of those that warmed up, nothing.

    The `counts` are given, since they may be of more than are kept.
    """
    whole = [attempt for attempt in attempts if attempt.is_ok and not attempt.is_warm_up]
    return Figures(
        **{name: getattr(counts, name) for name in Counts.__dataclass_fields__},
        spreads=_spreads(whole),
    )


def _spreads(whole: Sequence[Attempt]) -> dict[str, Spread]:
    found = (
        (measure.name, spread(value for attempt in whole for value in measure.values(attempt)))
        for measure in MEASURES
    )
    return {name: values for name, values in found if values is not None}
