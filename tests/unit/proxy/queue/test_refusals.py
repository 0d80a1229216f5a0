"""What clients are told whom the queue turns away."""

import pytest

from proxy.outcomes import Ending
from proxy.queue.refusals import MOST_SECONDS, refusal_of
from tests.lines import ROOMY


@pytest.mark.parametrize(
    ("expected", "line"),
    [(0.0, 3), (0.2, 3), (3.1, 4), (60.0, 60), (1e9, MOST_SECONDS)],
)
def test_it_is_said_when_to_try_again(expected: float, line: int) -> None:
    refusal = refusal_of(Ending.QUEUE_FULL, ROOMY, 3, expected)
    assert list(refusal.lines) == [b"Retry-After: %d" % line]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending.QUEUE_FULL, "100000 requests"),
        (Ending.QUEUE_DISPLACED, "of a higher class"),
        (Ending.QUEUE_TIMEOUT, "waited 1e+09 s"),
    ],
)
def test_it_is_said_why(ending: Ending, words: str) -> None:
    refusal = refusal_of(ending, ROOMY, 1, 0.0)
    assert (refusal.ending, words in str(refusal)) == (ending, True)
