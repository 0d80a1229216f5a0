"""When questions arrive: (what was asked for, seed) to instants. Pure.

An open loop: the instants do not depend on how fast anybody answers.
"""

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Arrival = Literal["closed", "constant", "poisson", "ramp", "burst", "spike"]
"""closed is no schedule: the next question is asked as one ends."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a schedule is like. Units: questions a second, seconds."""

    kind: Arrival
    rate_per_second: float
    ramp_seconds: float = 60.0
    burst_size: int = 10
    spike_factor: float = 5.0
    spike_after_seconds: float = 30.0
    spike_seconds: float = 10.0


def instants(schedule: Schedule, seed: int) -> Iterator[float]:
    """Seconds after the beginning, without end, none before the one before it.

    Raises: ValueError for a closed loop, which has none.
    """
    rate = schedule.rate_per_second
    match schedule.kind:
        case "constant":
            return (number / rate for number in itertools.count())
        case "poisson":
            return _poisson(rate, seed)
        case "ramp":
            return _ramp(rate, schedule.ramp_seconds)
        case "burst":
            return (
                number // schedule.burst_size * schedule.burst_size / rate
                for number in itertools.count()
            )
        case "spike":
            return _spike(schedule)
        case "closed":
            raise ValueError("a closed loop has no instants")


def _poisson(rate: float, seed: int) -> Iterator[float]:
    draw, now = random.Random(seed), 0.0
    while True:
        now += -math.log(1.0 - draw.random()) / rate
        yield now


def _ramp(rate: float, ramp_seconds: float) -> Iterator[float]:
    """The n-th comes when the area under the rate is n: a triangle first, then a rectangle."""
    in_ramp = rate * ramp_seconds / 2
    for number in itertools.count():
        if number <= in_ramp:
            yield math.sqrt(2 * number * ramp_seconds / rate)
        else:
            yield ramp_seconds + (number - in_ramp) / rate


def _spike(schedule: Schedule) -> Iterator[float]:
    """The same, with a higher step in it."""
    rate, begins = schedule.rate_per_second, schedule.spike_after_seconds
    before = rate * begins
    in_spike = rate * schedule.spike_factor * schedule.spike_seconds
    for number in itertools.count():
        if number <= before:
            yield number / rate
        elif number <= before + in_spike:
            yield begins + (number - before) / (rate * schedule.spike_factor)
        else:
            yield begins + schedule.spike_seconds + (number - before - in_spike) / rate
