"""What clients are told whom the queue turns away: 503, and when to try again. Pure."""

import math

from proxy.admission import Refusal, retry_after
from proxy.outcomes import Ending
from proxy.queue.rules import Rules

MOST_SECONDS = 3600


def refusal_of(
    ending: Ending, rules: Rules, least_seconds: int, expected_seconds: float
) -> Refusal:
    """The refusal of one that a place in the queue is not, or no longer, for.

    `expected_seconds` is how long a newcomer would wait.
    """
    seconds = max(least_seconds, math.ceil(expected_seconds))
    lines = (retry_after(min(seconds, MOST_SECONDS)),)
    return Refusal(ending, _SAID[ending].format(rules=rules), lines)


_SAID = {
    Ending.QUEUE_FULL: "the proxy's queue is full, {rules.length} requests or {rules.size_bytes} "
    "bytes of them wait: try again later",
    Ending.QUEUE_DISPLACED: "the proxy's queue is full, and this request gave its place to one of "
    "a client with fewer, or of a higher class: try again later",
    Ending.QUEUE_TIMEOUT: "the request waited {rules.wait_seconds:g} s in the proxy's queue, as "
    "long as one may: try again later",
}
