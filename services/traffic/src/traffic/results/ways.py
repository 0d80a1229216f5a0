"""The same request by two ways: how much longer it took through Portkey. Pure.

Differences are taken within each pair, and then their median: the questions differ far more
from each other than the ways do, and that must not count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from traffic.request.attempt import Attempt
from traffic.request.routes import Way
from traffic.results.spreads import percentile

Pair = tuple[Attempt, Attempt]
"""Whole answers to one request: that of the direct way, that of Portkey's."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How pairs differ: the median, and between which values the middle half lies."""

    count: int
    p25: float
    p50: float
    p75: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Portkey minus direct. Units: seconds; None without a pair that can be compared."""

    ttft_seconds: Differences | None
    end_to_end_seconds: Differences | None


def compare(attempts: Sequence[Attempt]) -> Comparison:
    """The differences within the pairs among `attempts`.

    A later turn repeats the model's replies, which may differ: two requests are the same
    when their prompts have as many tokens. The end is compared where the answers have as many,
    too, since a longer answer takes longer by any way.
    """
    pairs = [
        pair for pair in _pairs(attempts) if _prompt_tokens(pair[0]) == _prompt_tokens(pair[1])
    ]
    as_long = [pair for pair in pairs if _answer_tokens(pair[0]) == _answer_tokens(pair[1])]
    return Comparison(
        ttft_seconds=_differences(pairs, lambda attempt: attempt.ttft_seconds),
        end_to_end_seconds=_differences(as_long, lambda attempt: attempt.end_to_end_seconds),
    )


def _pairs(attempts: Sequence[Attempt]) -> list[Pair]:
    direct, portkey = (
        {(item.question_id, item.turn): item for item in attempts if item.is_ok and item.way is way}
        for way in (Way.DIRECT, Way.PORTKEY)
    )
    return [(direct[key], portkey[key]) for key in direct if key in portkey]


def _prompt_tokens(attempt: Attempt) -> int | None:
    return None if attempt.usage is None else attempt.usage.prompt_tokens


def _answer_tokens(attempt: Attempt) -> int | None:
    return None if attempt.usage is None else attempt.usage.generated_tokens


def _differences(
    pairs: Sequence[Pair], measure: Callable[[Attempt], float | None]
) -> Differences | None:
    values = [
        portkey - direct
        for direct, portkey in ((measure(pair[0]), measure(pair[1])) for pair in pairs)
        if direct is not None and portkey is not None
    ]
    if not values:
        return None
    return Differences(len(values), *(percentile(values, share) for share in (0.25, 0.5, 0.75)))
