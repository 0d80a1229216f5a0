"""The requests of a run as they end: all of them, or of a run without end the last ones.

What is let go is counted first, so that counts stay exact; percentiles are of what is kept.
"""

from collections import deque
from dataclasses import dataclass

from traffic.plan.plan import Plan
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.totals import IsGood, Totals


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is kept: requests, as many questions that were dropped, gaps of all requests.

    Together at most some 200 MB.
    """

    requests: int = 100_000
    gaps: int = 5_000_000


LIMITS = Limits()


class Keeper:
    """Takes in requests and drops. `past` counts those that are no longer kept, if there are any.

    Without limits all are kept: a plan with an end is a limit.
    """

    def __init__(self, limits: Limits | None = None, is_good: IsGood | None = None) -> None:
        self.limits = limits
        self.attempts: deque[Attempt] = deque()
        self.drops: deque[Drop] = deque()
        self.past: Totals | None = None
        self._is_good = is_good
        self._gaps = 0

    def keep(self, attempt: Attempt) -> None:
        """Take in a request that has ended."""
        self.attempts.append(attempt)
        self._gaps += len(attempt.gaps_seconds)
        while self.limits is not None and self._has_too_many(self.limits):
            gone = self.attempts.popleft()
            self._gaps -= len(gone.gaps_seconds)
            self._counted().add(gone)

    def keep_drop(self, drop: Drop) -> None:
        """Take in what was not asked."""
        self.drops.append(drop)
        if self.limits is not None and len(self.drops) > self.limits.requests:
            self._counted().drop(self.drops.popleft())

    def _has_too_many(self, limits: Limits) -> bool:
        return len(self.attempts) > limits.requests or self._gaps > limits.gaps

    def _counted(self) -> Totals:
        if self.past is None:
            self.past = Totals(self._is_good)
        return self.past


def keeper_of(plan: Plan, is_good: IsGood | None = None, limits: Limits = LIMITS) -> Keeper:
    """A keeper for a run: with limits where the plan has no end."""
    return Keeper(None if plan.endless is None else limits, is_good)
