"""One component's books: joules and seconds by use, which only grow. Pure."""

from collections.abc import Iterable, Mapping

from gpu_exporter.board import Fact
from gpu_exporter.energy.apportionment import State, Use
from gpu_exporter.energy.idle_power import IdlePower

_IDLE = (State.MODEL_LOADED, State.BARE)


class Booking:
    """What a component used since `until`, which is its total and the instant of it.

    Units: joules, seconds of one clock.
    """

    def __init__(self, until: Fact[float], uses: Iterable[Use]) -> None:
        self.until = until
        self.joules: dict[Use, float] = {}
        self.seconds: dict[Use, float] = {}
        self.idle = {state: IdlePower() for state in _IDLE}
        self.open(uses)

    def open(self, uses: Iterable[Use]) -> None:
        """Have series for these, at 0: `increase` cannot tell a counter's first value from none."""
        for use in uses:
            self.joules.setdefault(use, 0.0)
            self.seconds.setdefault(use, 0.0)

    def book(self, fact: Fact[float], shares: Mapping[Use, float]) -> None:
        """Share out what was used up to a later fact; all uses are of one state.

        A total that went back began anew: what was used around that is not known.
        """
        elapsed, joules = fact.at - self.until.at, fact.value - self.until.value
        self.until = fact
        if joules < 0:
            return
        self.open(shares)
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
