"""The figures of a run as it goes: kept in steps, so that to add one and to show them is cheap.

The end has exact ones (results.summary).
"""

import math
from collections import deque
from dataclasses import dataclass, field

from traffic.request.attempt import Attempt
from traffic.results.totals import Counts

_LOWEST = 1e-5
_STEP = 1.02
_STEPS = 1100
"""From 10 microseconds to beyond eight hours, each step 2 % wider than the one before."""
_SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}

ERRORS_SHOWN = 3


class Tally:
    """Percentiles of values as they come, right to 1 %, in a fixed memory."""

    def __init__(self) -> None:
        self.count = 0
        # of a fixed length, so that one thread can read while another adds
        self._steps = [0] * _STEPS

    def add(self, value: float) -> None:
        """Count one more."""
        step = math.floor(math.log(max(value, _LOWEST) / _LOWEST, _STEP))
        self._steps[min(step, _STEPS - 1)] += 1
        self.count += 1

    def percentile(self, share: float) -> float | None:
        """The value below which `share` of them lie, to 1 %; None of none."""
        left = math.ceil(share * self.count)
        for step, count in enumerate(self._steps):
            left -= count
            if left <= 0 and count:
                return float(_LOWEST * _STEP ** (step + 0.5))
        return None

    def percentiles(self) -> dict[str, float | None]:
        """Those that are shown while a run goes on, by their names."""
        return {name: self.percentile(share) for name, share in _SHARES.items()}


@dataclass(slots=True)
class Running(Counts):
    """What came so far. Warm-up is in flight and in nothing else."""

    in_flight: int = 0
    warm_up: int = 0
    ttft_seconds: Tally = field(default_factory=Tally)
    tokens_per_second: Tally = field(default_factory=Tally)
    errors: deque[str] = field(default_factory=lambda: deque(maxlen=ERRORS_SHOWN))

    @property
    def done(self) -> int:
        """Measured requests that have ended, or never begin."""
        return self.ok + self.failed + self.cancelled + self.dropped

    def asked(self) -> None:
        """One more is in flight."""
        self.in_flight += 1

    def dropped_some(self, requests: int) -> None:
        """A question with so many requests was not asked."""
        self.dropped += requests

    def answered(self, attempt: Attempt) -> None:
        """One of those in flight has ended."""
        self.in_flight -= 1
        if attempt.is_warm_up:
            self.warm_up += 1
        else:
            self.add(attempt)
            self._time(attempt)
        if attempt.error is not None:
            self.errors.append(f"{attempt.error}: {attempt.detail}")

    def _time(self, attempt: Attempt) -> None:
        if not attempt.is_ok or attempt.is_hit:
            return
        if attempt.ttft_seconds is not None:
            self.ttft_seconds.add(attempt.ttft_seconds)
        if (rate := rate_of(attempt)) is not None:
            self.tokens_per_second.add(rate)


def rate_of(attempt: Attempt) -> float | None:
    """By the server's clock where it reports one (native API), else by ours."""
    return attempt.reported_tokens_per_second or attempt.seen_tokens_per_second
