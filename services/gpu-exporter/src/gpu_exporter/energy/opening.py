"""A counter is told at 0 before what it has: pure.

`increase` cannot tell a counter's first value from none, so whatever a series begins with is lost
to it. What a counter has meanwhile is told later, and all of it.
"""

ZERO_SECONDS = 15.0
"""Three scrapes of the usual interval, and one of the longest that is still common."""


def told(value: float, opened_at: float, now: float) -> float:
    """What a counter says whose series there is since `opened_at`. Units: seconds of one clock."""
    return value if now - opened_at >= ZERO_SECONDS else 0.0
