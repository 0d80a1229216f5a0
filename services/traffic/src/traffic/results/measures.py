"""What is measured of a request, each with its name, its clock and its unit. Pure.

Figures, tables, page, objectives and comparisons go through this list.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from traffic.request.attempt import Attempt
from traffic.results.units import Unit


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured. `values` are those of one whole answer: most have one or none.

    `is_by_schedule`: it says something only where there is a schedule to be late for.
    """

    name: str
    label: str
    unit: Unit
    values: Callable[[Attempt], Iterable[float | None]]
    is_by_schedule: bool = False


def _first_answer(attempt: Attempt) -> float | None:
    """Only where thinking came before it: else it is the first token."""
    if attempt.first_output is None or attempt.first_output == attempt.first_content:
        return None
    return attempt.first_output - attempt.sent


def largest_gap_seconds(attempt: Attempt) -> float | None:
    """The longest that the answer stood still; None for an answer in one piece."""
    return max(attempt.gaps_seconds, default=None)


MEASURES = (
    Measure("ttft_seconds", "TTFT, from sent", "seconds", lambda it: (it.ttft_seconds,)),
    Measure(
        "ttft_from_scheduled_seconds",
        "TTFT, from scheduled",
        "seconds",
        lambda it: (it.ttft_from_scheduled_seconds,),
        is_by_schedule=True,
    ),
    Measure(
        "first_answer_seconds",
        "First answer token",
        "seconds",
        lambda it: (_first_answer(it),),
    ),
    Measure(
        "end_to_end_seconds",
        "End to end, from sent",
        "seconds",
        lambda it: (it.end_to_end_seconds,),
    ),
    Measure(
        "end_to_end_from_scheduled_seconds",
        "End to end, scheduled",
        "seconds",
        lambda it: (it.end_to_end_from_scheduled_seconds,),
        is_by_schedule=True,
    ),
    Measure(
        "time_per_output_token_seconds",
        "Time per output token",
        "seconds",
        lambda it: (it.time_per_output_token_seconds,),
    ),
    Measure("gap_seconds", "Gaps, of all streams", "seconds", lambda it: it.gaps_seconds),
    Measure(
        "largest_gap_seconds",
        "Largest gap of a stream",
        "seconds",
        lambda it: (largest_gap_seconds(it),),
    ),
    Measure(
        "reported_tokens_per_second",
        "Tokens/s, server's clock",
        "per_second",
        lambda it: (it.reported_tokens_per_second,),
    ),
    Measure(
        "seen_tokens_per_second",
        "Tokens/s, seen here",
        "per_second",
        lambda it: (it.seen_tokens_per_second,),
    ),
    Measure(
        "delay_seconds",
        "Sent after schedule",
        "seconds",
        lambda it: (it.delay_seconds,),
        is_by_schedule=True,
    ),
)

BY_NAME = {measure.name: measure for measure in MEASURES}
