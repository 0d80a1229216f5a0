"""The figures of some requests. Pure.

Latencies and rates are of measured requests that got their whole answer of the model: what a cache
answered has its own. Failures, cancelled and dropped ones are counted; what warmed up is in no
figure.
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
    hits: int = 0
    misses: int = 0
    missed_seconds: float = 0.0
    saved_prompt_tokens: int = 0
    saved_generated_tokens: int = 0
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

    @property
    def hit_ratio(self) -> float | None:
        """Answers of a cache, of those that it was asked for and might have had."""
        looked_for = self.hits + self.misses
        return self.hits / looked_for if looked_for else None

    @property
    def saved_seconds(self) -> float | None:
        """An estimate: hits would have taken what misses did on average; None without a miss."""
        return self.hits * self.missed_seconds / self.misses if self.misses else None


def figures(attempts: Iterable[Attempt], counts: Counts, *, of_hits: bool = False) -> Figures:
    """The figures of some requests; of those that warmed up, nothing.

    The `counts` are given, since they may be of more than are kept. The spreads are of what the
    model answered, or `of_hits` alone.
    """
    whole = [attempt for attempt in attempts if attempt.is_ok and not attempt.is_warm_up]
    return Figures(
        **{name: getattr(counts, name) for name in Counts.__dataclass_fields__},
        spreads=spreads([attempt for attempt in whole if attempt.is_hit is of_hits]),
    )


def spreads(whole: Sequence[Attempt]) -> dict[str, Spread]:
    """How the values of each measure lie, of whole answers."""
    found = (
        (measure.name, spread(value for attempt in whole for value in measure.values(attempt)))
        for measure in MEASURES
    )
    return {name: values for name, values in found if values is not None}
