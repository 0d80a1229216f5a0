"""The energy of every card, from its own counter or from its power, whichever can be believed."""

import math
from collections.abc import Iterator, Mapping, Sequence

import structlog

from gpu_exporter.energy import opening
from gpu_exporter.energy.meters import CounterMeter, PowerMeter
from gpu_exporter.gpu import Gpu, Values
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import gpu as m

_log = structlog.stdlib.get_logger(__name__)

METRICS = (m.ENERGY, m.ENERGY_DISCONTINUITIES)

FROZEN_AFTER_SECONDS = 10.0
"""A counter that stands still for so long, while the card draws power, has stopped."""

NOT_BELIEVED = frozenset({"amd"})
"""Vendors whose counters are known to be wrong (ROCm/amdsmi, issue 38)."""


class CardEnergy:
    """One card's joules, by source: `counter` or `integrated`.

    A stretch of time is told by one source: where they take turns, nothing is counted twice.
    Units: seconds of a monotonic clock, joules.
    """

    def __init__(self, is_believed: bool = True) -> None:
        self.joules: dict[str, float] = {}
        self._is_believed = is_believed
        self._counter = CounterMeter()
        self._power = PowerMeter()
        self._stands_at: float | None = None
        self._stands_since = 0.0
        self._unseen_joules = 0.0
        self._opened_at: dict[str, float] = {}
        self._now = -math.inf

    @property
    def told(self) -> Mapping[str, float]:
        """The joules by source, as counters say them: one that would begin with more begins at 0,
        and has it all later."""
        return {
            source: opening.told(joules, self._opened_at[source], self._now)
            for source, joules in self.joules.items()
        }

    @property
    def discontinuities(self) -> int:
        """Of the sources that are or were in use."""
        of_counter = self._counter.discontinuities if "counter" in self.joules else 0
        of_power = self._power.discontinuities if "integrated" in self.joules else 0
        return of_counter + of_power

    def add(
        self,
        at: float,
        counter_joules: float | None,
        watts: float | None,
        limit_watts: float | None = None,
    ) -> None:
        """What the card said at the instant `at`; None: it cannot say."""
        self._counter.limit_watts = self._power.limit_watts = limit_watts
        self._now = at
        by_power = None if watts is None else self._power.add(at, watts)
        if counter_joules is None or not self._is_believed:
            self._counter.skip()
            self._book("integrated", by_power)
        elif self._has_stopped(at, counter_joules, by_power):
            self._is_believed = False
            self._book("integrated", self._unseen_joules)
        else:
            self._book("counter", self._counter.add(at, counter_joules))
            if watts is None:
                self._power.skip()
        if watts is None:  # a card that sleeps has no power over time when it is back
            self._power.lose()

    def miss(self) -> None:
        """The card was not among those that were read. Its counter goes on, if it has one."""
        self._power.lose()

    def _book(self, source: str, joules: float | None) -> None:
        if joules is None:
            return
        if source not in self.joules:
            self._opened_at[source] = self._now if joules > 0 else -math.inf
        self.joules[source] = self.joules.get(source, 0.0) + joules

    def _has_stopped(self, at: float, counter_joules: float, by_power: float | None) -> bool:
        if counter_joules != self._stands_at:
            self._stands_at, self._stands_since, self._unseen_joules = counter_joules, at, 0.0
            return False
        self._unseen_joules += by_power or 0.0
        return self._unseen_joules > 0 and at - self._stands_since >= FROZEN_AFTER_SECONDS


class GpuEnergy:
    """All cards' energy since the exporter began."""

    def __init__(self) -> None:
        self._cards: dict[tuple[str, str], CardEnergy] = {}
        self._present: dict[tuple[str, str], str] = {}

    def add(self, at: float, gpus: Sequence[Gpu]) -> None:
        """What the cards said at the instant `at`, in seconds of a monotonic clock."""
        self._present = {(gpu.index, gpu.uuid): gpu.vendor for gpu in gpus}
        for gpu in gpus:
            names = (gpu.index, gpu.uuid)
            if names not in self._cards:
                self._cards[names] = CardEnergy(gpu.vendor not in NOT_BELIEVED)
            card = self._cards[names]
            sources = set(card.joules)
            card.add(at, gpu.energy_joules, gpu.watts, _most(gpu.power_limit_watts))
            for source in set(card.joules) - sources:
                _log.info("energy_source", gpu=gpu.index, uuid=gpu.uuid, source=source)
        for names in self._cards.keys() - self._present.keys():
            self._cards[names].miss()

    @property
    def is_known(self) -> bool:
        """Whether any card has told of energy."""
        return any(card.joules for card in self._cards.values())

    @property
    def total_joules(self) -> float:
        """Of all cards that there were."""
        return sum(sum(card.joules.values()) for card in self._cards.values())

    def readings(self) -> Iterator[Reading]:
        """Of the cards that there are now."""
        for names, vendor in self._present.items():
            card = self._cards[names]
            for source, joules in _told(card, vendor).items():
                yield Reading(m.ENERGY, joules, (*names, source))
            if card.joules:
                yield Reading(m.ENERGY_DISCONTINUITIES, card.discontinuities, names)


def _told(card: CardEnergy, vendor: str) -> Mapping[str, float]:
    """By the values of the label `source`: of a card that is made up, so is the energy."""
    if vendor == "demo" and card.joules:
        return {"demo": sum(card.joules.values())}
    return card.told


def _most(limits: Values) -> float | None:
    """The highest limit that can be set, else the one that is."""
    return limits.get("max") or limits.get("enforced")
