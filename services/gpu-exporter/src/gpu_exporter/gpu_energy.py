"""The energy of every card, from its own counter or from its power, whichever can be believed."""

from collections.abc import Iterator, Sequence

import structlog

from gpu_exporter.energy import CounterMeter, PowerMeter
from gpu_exporter.gpu import Gpu
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import gpu as m

_log = structlog.stdlib.get_logger("gpu_exporter.gpu_energy")

FROZEN_AFTER_SECONDS = 10.0
"""A counter that stands still for so long, while the card draws power, has stopped."""

_NOT_BELIEVED = frozenset({"amd"})
"""Vendors whose counters are known to be wrong (ROCm/amdsmi, issue 38)."""


class CardEnergy:
    """One card's joules, by source. Units: seconds of a monotonic clock, joules."""

    def __init__(self, vendor: str, limit_watts: float | None) -> None:
        self.joules: dict[str, float] = {}
        self._counter = CounterMeter(limit_watts=limit_watts)
        self._power = PowerMeter()
        self._is_believed = vendor not in _NOT_BELIEVED
        self._stands_at: float | None = None
        self._stands_since = 0.0
        self._unseen_joules = 0.0

    @property
    def discontinuities(self) -> int:
        """Of the sources that are in use."""
        meters = {"counter": self._counter, "integrated": self._power}
        return sum(meters[source].discontinuities for source in self.joules)

    def add(self, at: float, counter_joules: float | None, watts: float | None) -> None:
        """What the card said at the instant `at`; None: it cannot say."""
        by_power = None if watts is None else self._power.add(at, watts)
        if counter_joules is not None and self._is_believed:
            by_counter = self._counter.add(at, counter_joules)
            if not self._has_stopped(at, counter_joules, by_power):
                self._book("counter", by_counter)
                return
            by_power, self._unseen_joules = self._unseen_joules, 0.0
            self._is_believed = False
        if by_power is not None:
            self._book("integrated", by_power)

    def _book(self, source: str, joules: float) -> None:
        self.joules[source] = self.joules.get(source, 0.0) + joules

    def _has_stopped(self, at: float, joules: float, by_power: float | None) -> bool:
        if joules != self._stands_at:
            self._stands_at, self._stands_since, self._unseen_joules = joules, at, 0.0
            return False
        self._unseen_joules += by_power or 0.0
        return self._unseen_joules > 0 and at - self._stands_since >= FROZEN_AFTER_SECONDS


class GpuEnergy:
    """All cards' energy since the exporter began. `is_made_up`: the cards are a demonstration."""

    def __init__(self, is_made_up: bool = False) -> None:
        self._is_made_up = is_made_up
        self._cards: dict[tuple[str, str], CardEnergy] = {}
        self._present: list[tuple[str, str]] = []

    def add(self, at: float, gpus: Sequence[Gpu]) -> None:
        """What the cards said at the instant `at`, in seconds of a monotonic clock."""
        self._present = [(gpu.index, gpu.uuid) for gpu in gpus]
        for gpu in gpus:
            card = self._cards.get((gpu.index, gpu.uuid))
            if card is None:
                limits = gpu.power_limit_watts
                limit = limits.get("max", limits.get("enforced"))
                card = self._cards[gpu.index, gpu.uuid] = CardEnergy(gpu.vendor, limit)
            sources = set(card.joules)
            card.add(at, gpu.energy_joules, gpu.watts)
            for source in set(card.joules) - sources:
                _log.info("energy_source", gpu=gpu.index, uuid=gpu.uuid, source=source)

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
        for names in self._present:
            card = self._cards[names]
            for source, joules in card.joules.items():
                told = "demo" if self._is_made_up else source
                yield Reading(m.ENERGY, joules, (*names, told))
            if card.joules:
                yield Reading(m.ENERGY_DISCONTINUITIES, card.discontinuities, names)
