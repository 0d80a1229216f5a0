"""What requests came to in counts: one more is added at a time, and need not be kept. Pure.

Measured requests alone are in the counts; what warmed up is a number beside them.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from ollama_observe.wire.usage import Usage
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop

IsGood = Callable[[Attempt], bool]
"""Whether a whole answer meets the objectives."""

GROUPS: dict[str, Callable[[Attempt], Hashable]] = {
    "ways": lambda it: it.way,
    "categories": lambda it: it.category,
    "models": lambda it: it.model,
    "loads": lambda it: "cold" if it.is_cold else "warm",
    "turns": lambda it: "later" if it.turn else "first",
}
"""By what requests are taken apart, as a summary calls it."""


@dataclass(slots=True)
class Counts:
    """Requests by what became of them. `checked` answers have a check, `refused` fail it.

    These and the tokens are of whole answers. `cancelled` are also those that were in flight when
    the run was stopped; an answer can end before it is cancelled as planned.

    `hits` are whole answers of a cache, `misses` those that it was asked for in vain: they took
    `missed_seconds` together, from sent to the end. Tokens are the model's; what hits spared it are
    the tokens with `saved`.
    """

    ok: int = 0
    failed: int = 0
    cancelled: int = 0
    dropped: int = 0
    checked: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    cancellations_planned: int = 0
    cancelled_as_planned: int = 0
    hits: int = 0
    misses: int = 0
    missed_seconds: float = 0.0
    saved_prompt_tokens: int = 0
    saved_generated_tokens: int = 0

    def add(self, attempt: Attempt) -> None:
        """Count a measured request."""
        if attempt.cancel_after_chunks is not None:
            self.cancellations_planned += 1
            self.cancelled_as_planned += (
                attempt.is_cancelled and attempt.chunks >= attempt.cancel_after_chunks
            )
        if attempt.is_ok:
            self.ok += 1
            self.checked += attempt.is_valid is not None
            self.refused += attempt.is_valid is False
            self._add_answer(attempt, attempt.usage or Usage())
        elif attempt.is_cancelled:
            self.cancelled += 1
        else:
            self.failed += 1

    def _add_answer(self, attempt: Attempt, usage: Usage) -> None:
        prompt, generated = usage.prompt_tokens or 0, usage.generated_tokens or 0
        if attempt.is_hit:
            self.hits += 1
            self.saved_prompt_tokens += prompt
            self.saved_generated_tokens += generated
            return
        self.prompt_tokens += prompt
        self.generated_tokens += generated
        if attempt.is_miss:
            self.misses += 1
            self.missed_seconds += attempt.end_to_end_seconds or 0.0


@dataclass(slots=True)
class Failures:
    """How often something failed in one way, and what was said the first time."""

    count: int
    detail: str


@dataclass(slots=True)
class Totals:
    """Counts of all requests, and of each group. `begins` and `ends` are by the attempts' clock.

    `good` are those that meet the objectives, where `is_good` is given.
    """

    is_good: IsGood | None = None
    warm_up: int = 0
    all: Counts = field(default_factory=Counts)
    groups: dict[str, dict[Hashable, Counts]] = field(
        default_factory=lambda: {name: {} for name in GROUPS}
    )
    errors: dict[str, Failures] = field(default_factory=dict)
    good: int = 0
    begins: float = math.inf
    ends: float = -math.inf

    def add(self, attempt: Attempt) -> None:
        """Count a request that has ended."""
        if attempt.is_warm_up:
            self.warm_up += 1
            return
        self.all.add(attempt)
        for name, key in GROUPS.items():
            self._group(name, key(attempt)).add(attempt)
        if attempt.error is not None:
            self.errors.setdefault(attempt.error, Failures(0, attempt.detail)).count += 1
        if self.is_good is not None:
            self.good += attempt.is_ok and self.is_good(attempt)
        self.begins = min(self.begins, attempt.scheduled)
        self.ends = max(self.ends, attempt.end or attempt.sent)

    def drop(self, drop: Drop) -> None:
        """Count what was not asked."""
        self.all.dropped += drop.requests
        self._group("categories", drop.category).dropped += drop.requests
        self._group("models", drop.model).dropped += drop.requests

    @property
    def measured(self) -> int:
        """How many measured requests have ended."""
        return self.all.ok + self.all.failed + self.all.cancelled

    @property
    def seconds(self) -> float:
        """From when the first measured request was due to the end of the last."""
        return self.ends - self.begins if self.measured else 0.0

    def _group(self, name: str, key: Hashable) -> Counts:
        return self.groups[name].setdefault(key, Counts())
