"""Where a model's time went: what it did at each instant, as parts of wall-clock time.

A model does one thing at a time: the most productive of all that its requests have it do. So the
parts add up to the time, whatever overlaps. Pure. Instants are whole microseconds, so that they
add up exactly; and what is done for each stretch is done by functions that loop in C, since there
may be thousands of them in a second.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import compress, islice, repeat
from operator import gt, mul
from typing import TypeVar

MICROSECONDS = 1e6

N = TypeVar("N", bound=float)


class Doing(IntEnum):
    """What a request has its model do; the most productive first."""

    ANSWER = 0
    THINKING = 1
    PREFILL = 2
    LOAD = 3
    SILENCE = 4
    """Before the first output, and nobody tells load, wait and prefill apart."""
    WORK = 5
    """A whole answer that says nothing of its time."""
    WAIT = 6


IDLE = "idle"
PHASES = ("answer", "thinking", "prefill", "load", "prefill", "other", "wait", IDLE)
"""The label's value of each, and at last of doing nothing.

Silence is prefill as far as can be derived; but a request that tells, tells for all: while one
says that the model loads, the others' silence is the same load.
"""

Stretches = tuple[list[int], list[int]]
"""The starts and the ends, in their order, of stretches of time that do not overlap or touch."""


def union(starts: Iterable[N], ends: Iterable[N]) -> tuple[list[N], list[N]]:
    """Stretches that may overlap, as stretches that do not; none may end before it starts.

    Sorted apart, a start that comes after the end one place before it begins a new one: by then as
    many have ended as had started.
    """
    first: list[N] = sorted(starts)
    last: list[N] = sorted(ends)
    begins: list[bool] = list(map(gt, islice(first, 1, None), last))
    return (
        [*first[:1], *compress(islice(first, 1, None), begins)],
        [*compress(last, begins), *last[-1:]],
    )


def whole(instants: Iterable[float]) -> list[int]:
    """Seconds as whole microseconds."""
    return list(map(int, map(mul, instants, repeat(MICROSECONDS))))


def length(stretches: Stretches) -> int:
    """How long they are together."""
    return sum(stretches[1]) - sum(stretches[0])


def within(stretches: Stretches, start: int, end: int) -> Stretches:
    """What of them lies from `start` to `end`."""
    starts, ends = stretches
    begin, stop = bisect_right(ends, start), bisect_left(starts, end)
    if begin >= stop or start >= end:
        return [], []
    return (
        [max(starts[begin], start), *starts[begin + 1 : stop]],
        [*ends[begin : stop - 1], min(ends[stop - 1], end)],
    )


def after(stretches: Stretches, instant: int) -> Stretches:
    """What of them lies after an instant."""
    return within(stretches, instant, max(stretches[1], default=instant))


def parts(layers: Sequence[Stretches], start: int, end: int) -> list[int]:
    """The time from `start` to `end` by the first of `layers` that covers it, and what none does.

    One number for each layer and one more; together they are `end - start`.
    """
    covered: Stretches = [], []
    before, found = 0, []
    for layer in layers:
        more = within(layer, start, end)
        if more[0]:
            covered = union(covered[0] + more[0], covered[1] + more[1])
        until = length(covered)
        found.append(until - before)
        before = until
    return [*found, max(0, end - start) - before]
