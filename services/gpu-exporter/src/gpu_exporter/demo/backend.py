"""Cards that do not exist, labelled so: for boards, rules and tests on machines without a GPU.

One is like a card from a shop, the other like one of a data centre. Together they have every
series that a card can have.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gpu_exporter.demo.physics import GIB, SLOWDOWN_CELSIUS, Nature, Physics
from gpu_exporter.gpu import Gpu, GpuProcess, MigInstance

SHOP = Nature(
    period_seconds=300.0,
    ahead_seconds=20.0,
    idle_watts=18.0,
    limit_watts=320.0,
    hot_celsius=80.0,
    memory_bytes=24 * GIB,
    model_bytes=13 * GIB,
    max_sm_hertz=2.52e9,
)
DATA_CENTRE = Nature(
    period_seconds=420.0,
    ahead_seconds=0.0,
    idle_watts=62.0,
    limit_watts=400.0,
    hot_celsius=87.0,
    memory_bytes=80 * GIB,
    model_bytes=31 * GIB,
    max_sm_hertz=1.98e9,
)

_FIRST_XID_SECONDS = 600.0
_XID_EVERY_SECONDS = 4200.0
_XIDS = ("31", "13")
_PID_ABOVE_ALL = 2**22
"""Linux gives no process such a number, so that none is taken for one of the demo."""


@dataclass(slots=True)
class DemoCard:
    """What made-up cards have in common; `began_unix` is when it began, as Unix time."""

    index: str
    name: str
    began_unix: float
    physics: Physics

    def at(self, seconds: float) -> Gpu:
        """The card so many seconds after it began."""
        self.physics.advance(seconds)
        physics, nature = self.physics, self.physics.nature
        is_busy, used = physics.load_ratio >= 0.02, physics.memory_used_bytes
        reserved = 0.4 * GIB
        ripple = 1 + 0.015 * physics.load_ratio * (-1) ** int(seconds)
        return Gpu(
            index=self.index,
            uuid=f"DEMO-{self.index}",
            name=self.name,
            vendor="demo",
            driver_version="demo",
            arch="synthetic",
            utilization_ratio=round(physics.load_ratio, 2),
            memory_bandwidth_utilization_ratio=round(0.7 * physics.load_ratio, 2),
            memory_used_bytes=used,
            memory_free_bytes=nature.memory_bytes - used - reserved,
            memory_total_bytes=nature.memory_bytes,
            memory_reserved_bytes=reserved,
            performance_state=0.0 if is_busy else 8.0,
            power_watts={"average": physics.watts, "instant": physics.watts * ripple},
            power_limit_watts={
                "enforced": nature.limit_watts,
                "default": nature.limit_watts,
                "min": nature.limit_watts / 2,
                "max": nature.limit_watts * 1.1,
            },
            temperature_celsius={"core": float(round(physics.celsius))},
            temperature_threshold_celsius={"slowdown": SLOWDOWN_CELSIUS, "shutdown": 95.0},
            clock_hertz=self._clocks(is_busy),
            clock_max_hertz={"sm": nature.max_sm_hertz, "memory": 10.5e9},
            throttle_active={reason: float(on) for reason, on in physics.throttled.items()},
            throttle_seconds=dict(physics.throttled_seconds),
            pcie_link_generation={"current": 4.0 if is_busy else 1.0, "max": 4.0},
            pcie_link_width={"current": 16.0, "max": 16.0},
            pcie_throughput_bytes_per_second=self._traffic(),
            energy_joules=2.4e6 + physics.joules,
            processes=self._processes(used),
        )

    def _clocks(self, is_busy: bool) -> dict[str, float]:
        sm = self.physics.sm_hertz
        memory = 10.5e9 if is_busy else 0.405e9
        return {"sm": sm, "graphics": sm, "memory": memory, "video": round(0.8 * sm, -6)}

    def _traffic(self) -> dict[str, float]:
        load = self.physics.load_ratio
        received = 11e9 if self.physics.is_loading else 4e7 * load
        return {"receive": received, "transmit": 2.5e7 * load}

    def _processes(self, used: float) -> list[GpuProcess]:
        if self.physics.loaded_ratio == 0:
            return []
        number = _PID_ABOVE_ALL + 1 + int(self.index)
        return [GpuProcess(number, int(used - 0.5 * GIB))]


class ShopCard(DemoCard):
    """One with fans, a video encoder, an XID error now and then."""

    def at(self, seconds: float) -> Gpu:
        """See DemoCard."""
        gpu = DemoCard.at(self, seconds)
        fan, core = self.physics.fan_ratio, self.physics.celsius
        has_video = seconds % 240 >= 200
        happened = int((seconds - _FIRST_XID_SECONDS) // _XID_EVERY_SECONDS) + 1
        numbers = [_XIDS[count % len(_XIDS)] for count in range(max(0, happened))]
        return replace(
            gpu,
            temperature_celsius={
                **gpu.temperature_celsius,
                "memory": float(round(core + 8)),
                "hotspot": float(round(core + 11)),
            },
            fan_speed_ratio={"0": round(fan, 2), "1": round(fan, 2)},
            fan_speed_rpm={"0": float(round(3000 * fan)), "1": float(round(2970 * fan))},
            encoder_utilization_ratio=0.12 if has_video else 0.0,
            decoder_utilization_ratio=0.2 if has_video else 0.0,
            encoder_sessions=float(has_video),
            pcie_replays=float(seconds // 1500),
            xid_errors={xid: float(numbers.count(xid)) for xid in set(numbers)},
            xid_last_timestamp_seconds={
                xid: self.began_unix + _FIRST_XID_SECONDS + count * _XID_EVERY_SECONDS
                for count, xid in enumerate(numbers)
            },
        )


class DataCentreCard(DemoCard):
    """One without fans, with error correction, divided by MIG."""

    def at(self, seconds: float) -> Gpu:
        """See DemoCard."""
        gpu = DemoCard.at(self, seconds)
        used, total = gpu.memory_used_bytes or 0.0, self.physics.nature.memory_bytes
        return replace(
            gpu,
            temperature_celsius={
                **gpu.temperature_celsius,
                "memory": float(round(self.physics.celsius + 6)),
            },
            ecc_errors={"corrected": float(seconds // 900), "uncorrected": 0.0},
            remapped_rows={"corrected": 1.0, "uncorrected": 0.0, "pending": 0.0},
            row_remap_failure=0.0,
            mig_enabled=1.0,
            mig=(
                MigInstance("1", f"MIG-{gpu.uuid}-1", "4g.40gb", used, total / 2),
                MigInstance("2", f"MIG-{gpu.uuid}-2", "3g.40gb", 0.01 * GIB, total / 2),
            ),
        )


class DemoBackend:
    """Reads made-up cards; every other is like one of a data centre."""

    name = "demo"
    return_code: int | None = None

    def __init__(
        self, clock: Callable[[], float], wall_clock: Callable[[], float], cards: int = 2
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._cards = [_made(number, wall_clock()) for number in range(cards)]

    def read(self) -> Sequence[Gpu]:
        """The cards at this instant."""
        seconds = self._clock() - self._began
        return [card.at(seconds) for card in self._cards]

    def close(self) -> None:
        """Nothing was opened."""


def _made(number: int, began_unix: float) -> DemoCard:
    name = f"Demo GPU {chr(ord('A') + number)} (synthetic)"
    kind, nature = ((ShopCard, SHOP), (DataCentreCard, DATA_CENTRE))[number % 2]
    return kind(str(number), name, began_unix, Physics(nature))


def demo_backend(
    clock: Callable[[], float] = time.monotonic,
    wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (timestamps, no intervals)
) -> DemoBackend:
    """Two cards: one from a shop, one of a data centre."""
    return DemoBackend(clock, wall_clock)
