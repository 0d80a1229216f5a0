"""What happened when in a run: attempts to values over time. Pure.

Units: seconds after the first measured request was due.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from traffic.request.attempt import Attempt

Step = tuple[float, int]


@dataclass(frozen=True, slots=True)
class Bin:
    """A part of the time, from `begin` on and before `end`."""

    begin: float
    end: float


def ended(attempt: Attempt) -> float:
    """When it was over, as far as anybody saw."""
    seen = (attempt.end, attempt.last_content, attempt.first_byte, attempt.headers, attempt.sent)
    return next(instant for instant in seen if instant is not None)


def bins(seconds: float, count: int) -> list[Bin]:
    """The whole time in parts of one length."""
    width = (seconds or 1.0) / count
    return [Bin(number * width, (number + 1) * width) for number in range(count)]


def place(at: float, parts: Sequence[Bin]) -> int:
    """In which part an instant lies; those outside are in the first or the last."""
    width = parts[0].end - parts[0].begin
    return min(max(int(at / width), 0), len(parts) - 1)


def in_flight(attempts: Iterable[Attempt], began: float) -> list[Step]:
    """How many requests were in flight, from each instant on at which that changed."""
    changes = sorted(
        change
        for attempt in attempts
        for change in ((attempt.sent - began, 1), (ended(attempt) - began, -1))
    )
    counts = accumulate(change for _, change in changes)
    return [(0.0, 0), *((at, count) for (at, _), count in zip(changes, counts, strict=True))]


def most(steps: Sequence[Step], parts: Sequence[Bin]) -> list[int]:
    """The most that was in flight in each part, which begins with what the one before it left."""
    found = [0] * len(parts)
    now, waiting = 0, iter([*steps, (math.inf, 0)])
    at, count = next(waiting)
    for number, part in enumerate(parts):
        found[number] = now
        while at < part.end or (number == len(parts) - 1 and at < math.inf):
            now = count
            found[number] = max(found[number], now)
            at, count = next(waiting)
    return found


def tokens(attempts: Iterable[Attempt], began: float, parts: Sequence[Bin]) -> list[float]:
    """Tokens a second in each part, each answer's spread evenly from its first to its last.

    What a cache answered no model generated.
    """
    width = parts[0].end - parts[0].begin
    found = [0.0] * len(parts)
    for attempt in attempts:
        count = 0 if attempt.usage is None else attempt.usage.generated_tokens or 0
        if not count or attempt.is_hit:
            continue
        if attempt.first_content is None or attempt.last_content is None:
            continue
        begin, end = attempt.first_content - began, attempt.last_content - began
        first, last = place(begin, parts), place(end, parts)
        if first == last:
            found[first] += count
            continue
        for number in range(first, last + 1):
            overlap = min(end, parts[number].end) - max(begin, parts[number].begin)
            found[number] += count * overlap / (end - begin)
    return [count / width for count in found]
