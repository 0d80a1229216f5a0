"""What two runs are compared by: percentiles of measures, and ratios. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from traffic.compare.bootstrap import Percentiles, Ratio, Sample
from traffic.request.attempt import Attempt
from traffic.results.measures import BY_NAME
from traffic.results.units import Unit

Numbered = Iterable[tuple[int, Attempt]]
"""Attempts with the number of their unit."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared. `sample` takes the number of its units, too."""

    label: str
    statistics: tuple[str, ...]
    unit: Unit
    is_lower_better: bool
    sample: Callable[[Numbered, int], Sample]


_SHARES = {"p5": 0.05, "p50": 0.50, "p95": 0.95}


def _percentiles(label: str, name: str, *statistics: str) -> Subject:
    measure, shares = BY_NAME[name], [_SHARES[one] for one in statistics]

    def sample(attempts: Numbered, _: int) -> Sample:
        # how long a cache took is no figure of the model
        whole = ((unit, one) for unit, one in attempts if one.is_ok and not one.is_hit)
        pairs = ((unit, value) for unit, attempt in whole for value in measure.values(attempt))
        return Percentiles(((unit, value) for unit, value in pairs if value is not None), shares)

    is_lower_better = measure.unit == "seconds"
    return Subject(label, statistics, measure.unit, is_lower_better, sample)


def _errors(attempts: Numbered, units: int) -> Sample:
    sent = ((unit, attempt) for unit, attempt in attempts if not attempt.is_cancelled)
    return Ratio(((unit, not attempt.is_ok) for unit, attempt in sent), units)


def _refused(attempts: Numbered, units: int) -> Sample:
    checked = ((unit, attempt) for unit, attempt in attempts if attempt.is_valid is not None)
    return Ratio(((unit, not attempt.is_valid) for unit, attempt in checked), units)


SUBJECTS = (
    _percentiles("TTFT", "ttft_seconds", "p50", "p95"),
    _percentiles("End to end", "end_to_end_seconds", "p50", "p95"),
    _percentiles("Time per token", "time_per_output_token_seconds", "p50", "p95"),
    _percentiles("Largest gap", "largest_gap_seconds", "p50", "p95"),
    # of rates the slow end is what hurts
    _percentiles("Tokens/s, server", "reported_tokens_per_second", "p50", "p5"),
    _percentiles("Tokens/s, here", "seen_tokens_per_second", "p50", "p5"),
    Subject("Errors", ("ratio",), "ratio", True, _errors),
    Subject("Refused by check", ("ratio",), "ratio", True, _refused),
)


def sample(subject: Subject, units: Sequence[Sequence[Attempt]]) -> Sample:
    """A subject's figures of some units, each of which has one request or several."""
    numbered = ((number, attempt) for number, unit in enumerate(units) for attempt in unit)
    return subject.sample(numbered, len(units))
