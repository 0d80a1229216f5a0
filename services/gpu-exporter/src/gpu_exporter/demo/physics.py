"""How a made-up card behaves over time: load in waves, and power, heat and clocks that follow it.

Nothing is random: a card at an instant is always the same, however often it was looked at.
"""

import math
from dataclasses import dataclass, field

GIB = 2.0**30

SLOWDOWN_CELSIUS = 83.0
"""The temperature at which a made-up card slows down."""

_STEP_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Nature:
    """What a made-up card is like.

    Its load repeats after `period_seconds`, and began `ahead_seconds` ago. `hot_celsius` is what it
    would reach at its limit.
    """

    period_seconds: float
    ahead_seconds: float
    idle_watts: float
    limit_watts: float
    hot_celsius: float
    memory_bytes: float
    model_bytes: float
    max_sm_hertz: float


@dataclass(slots=True)
class Physics:
    """A card's state, which goes on in small steps. Units: as the names say."""

    nature: Nature
    load_ratio: float = 0.0
    watts: float = 0.0
    joules: float = 0.0
    celsius: float = 34.0
    fan_ratio: float = 0.0
    loaded_ratio: float = 0.0
    """How much of the model is in memory."""
    is_loading: bool = False
    throttled: dict[str, bool] = field(default_factory=dict)
    throttled_seconds: dict[str, float] = field(default_factory=dict)
    _steps: int = 0

    def __post_init__(self) -> None:
        self.watts = self.nature.idle_watts
        self._throttle(False, False, True)

    def advance(self, seconds: float) -> None:
        """Go on to so many seconds after the beginning."""
        while (self._steps + 1) * _STEP_SECONDS <= seconds:
            self._steps += 1
            self._step(self._steps * _STEP_SECONDS)

    def _step(self, now: float) -> None:
        nature = self.nature
        phase = ((now + nature.ahead_seconds) % nature.period_seconds) / nature.period_seconds
        self.load_ratio = _busy(phase) * _waves(now + nature.ahead_seconds)
        wanted = nature.idle_watts + (1.15 * nature.limit_watts - nature.idle_watts) * (
            self.load_ratio
        )
        self.watts += _approach(min(wanted, nature.limit_watts) - self.watts, 0.7)
        self.joules += self.watts * _STEP_SECONDS
        self._warm_up()
        self._load_model(0.1 <= phase < 0.93)
        self._throttle(
            wanted > nature.limit_watts, self.celsius >= SLOWDOWN_CELSIUS, self.load_ratio < 0.01
        )

    def _warm_up(self) -> None:
        share = self.watts / self.nature.limit_watts
        self.celsius += _approach(32 + (self.nature.hot_celsius - 32) * share - self.celsius, 18.0)
        wanted = 0.0 if self.celsius < 48 else 0.3 + 0.7 * (self.celsius - 48) / 40
        self.fan_ratio += _approach(min(wanted, 1.0) - self.fan_ratio, 4.0)

    def _load_model(self, is_wanted: bool) -> None:
        before = self.loaded_ratio
        change = _STEP_SECONDS / 6 if is_wanted else -_STEP_SECONDS
        self.loaded_ratio = min(1.0, max(0.0, before + change))
        self.is_loading = self.loaded_ratio > before

    def _throttle(self, by_power: bool, by_heat: bool, is_idle: bool) -> None:
        self.throttled = {"power_cap": by_power, "sw_thermal": by_heat, "idle": is_idle}
        for reason in ("power_cap", "sw_thermal"):
            seconds = _STEP_SECONDS if self.throttled[reason] and self._steps else 0.0
            self.throttled_seconds[reason] = self.throttled_seconds.get(reason, 0.0) + seconds

    @property
    def memory_used_bytes(self) -> float:
        """A driver's share, the model, and a cache that fills with the load."""
        of_model = self.loaded_ratio * (self.nature.model_bytes + 1.5 * GIB * self.load_ratio)
        return math.floor(0.5 * GIB + of_model)

    @property
    def sm_hertz(self) -> float:
        """Up as soon as there is work, down a little at the power limit."""
        top = self.nature.max_sm_hertz * (0.93 if self.throttled["power_cap"] else 1.0)
        return round(210e6 + (top - 210e6) * min(1.0, 5 * self.load_ratio), -6)


def _busy(phase: float) -> float:
    """1 in the middle of the period, 0 for the rest of it, with slopes between."""
    return min(1.0, max(0.0, (phase - 0.12) / 0.02), max(0.0, (0.8 - phase) / 0.02))


def _waves(now: float) -> float:
    """Requests that come and go."""
    slow, quick = math.sin(math.tau * now / 41), math.sin(math.tau * now / 13.7)
    return min(1.0, 0.72 + 0.2 * slow + 0.1 * quick)


def _approach(distance: float, time_constant_seconds: float) -> float:
    """How far a step goes towards what is so far away."""
    return distance * (1 - math.exp(-_STEP_SECONDS / time_constant_seconds))
