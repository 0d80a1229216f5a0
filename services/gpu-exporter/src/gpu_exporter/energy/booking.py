"""One component's books: joules and seconds by use, which only grow. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gpu_exporter.board import Fact
from gpu_exporter.energy import opening
from gpu_exporter.energy.apportionment import State, Use
from gpu_exporter.energy.idle_power import IdlePower

_IDLE = (State.MODEL_LOADED, State.BARE)


class Told(NamedTuple):
    """What the two counters of a use say."""

    use: Use
    joules: float
    seconds: float


class Booking:
    """What a component used before `until`, which is its total and the instant of it.

    Units: joules, seconds of one clock.
    """

    def __init__(self, until: Fact[float]) -> None:
        self.until = until
        self.joules: defaultdict[Use, float] = defaultdict(float)
        self.seconds: defaultdict[Use, float] = defaultdict(float)
        self.idle = {state: IdlePower() for state in _IDLE}
        self._opened_at: dict[Use, float] = {}

    def open(self, at: float, uses: Iterable[Use]) -> None:
        """Have series for these and for all that was booked; of others that there were, no more."""
        wanted = (*self.joules, *uses)
        self._opened_at = {use: self._opened_at.get(use, at) for use in wanted}

    def told(self, at: float) -> Iterator[Told]:
        """What is told of every use that has series: at 0 first, and then all that was booked."""
        for use, opened_at in self._opened_at.items():
            joules, seconds = self.joules.get(use, 0.0), self.seconds.get(use, 0.0)
            yield Told(
                use, opening.told(joules, opened_at, at), opening.told(seconds, opened_at, at)
            )

    def book(self, fact: Fact[float], shares: Mapping[Use, float]) -> None:
        """Share out what was used up to a later fact; all uses are of one state.

        A total that went back began anew: what was used around that is not known.
        """
        elapsed, joules = fact.at - self.until.at, fact.value - self.until.value
        self.until = fact
        if joules < 0:
            return
        for use, share in shares.items():
            self.joules[use] += share * joules
            self.seconds[use] += share * elapsed
        self._note_power({use.state for use in shares}, joules, elapsed)

    def _note_power(self, states: set[State], joules: float, elapsed: float) -> None:
        for state, power in self.idle.items():
            if state in states:
                power.add(joules, elapsed)
            else:
                power.interrupt()
