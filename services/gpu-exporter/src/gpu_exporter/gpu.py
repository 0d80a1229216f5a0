"""What is known of a card at one instant, whoever made it and however it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Values = Mapping[str, float]

HERTZ = 1e-6
"""In megahertz, which is what clocks are told in."""


def scaled(value: float | None, unit: float) -> float | None:
    """A value in another unit, which is `unit` in the value's own; None where there is none."""
    return None if value is None else value / unit


def told(values: Mapping[str, float | None], unit: float = 1.0) -> dict[str, float]:
    """The values that there are, in another unit as by `scaled`."""
    return {key: value / unit for key, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process that uses a card. `memory_bytes` is None where the driver does not say.

    `pid` is as the driver sees it: of the machine's own process namespace.
    """

    pid: int
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class MigInstance:
    """A part of a card that NVIDIA's MIG set aside."""

    gpu_instance_id: str
    uuid: str
    profile: str
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A card. A field that is None, or a key that is missing: the card cannot say.

    The keys of mappings are label values; the help of the metric of the same name in
    ollama_observe.metrics.catalogue.gpu lists them.

    Units: as the names say; `energy_joules` is the card's own counter, as it stands;
    `xid_errors` counts since the exporter began, by NVIDIA's number.
    """

    index: str
    uuid: str
    name: str
    vendor: str
    driver_version: str = ""
    cuda_version: str = ""
    pci_bus_id: str = ""
    arch: str = ""
    unified_memory: bool = False

    utilization_ratio: float | None = None
    memory_bandwidth_utilization_ratio: float | None = None
    encoder_utilization_ratio: float | None = None
    decoder_utilization_ratio: float | None = None
    encoder_sessions: float | None = None
    memory_used_bytes: float | None = None
    memory_free_bytes: float | None = None
    memory_total_bytes: float | None = None
    memory_reserved_bytes: float | None = None
    performance_state: float | None = None
    pcie_replays: float | None = None
    row_remap_failure: float | None = None
    mig_enabled: float | None = None

    power_watts: Values = field(default_factory=dict)
    power_limit_watts: Values = field(default_factory=dict)
    temperature_celsius: Values = field(default_factory=dict)
    temperature_threshold_celsius: Values = field(default_factory=dict)
    clock_hertz: Values = field(default_factory=dict)
    clock_max_hertz: Values = field(default_factory=dict)
    fan_speed_ratio: Values = field(default_factory=dict)
    fan_speed_rpm: Values = field(default_factory=dict)
    throttle_active: Values = field(default_factory=dict)
    throttle_seconds: Values = field(default_factory=dict)
    pcie_link_generation: Values = field(default_factory=dict)
    pcie_link_width: Values = field(default_factory=dict)
    pcie_throughput_bytes_per_second: Values = field(default_factory=dict)
    ecc_errors: Values = field(default_factory=dict)
    remapped_rows: Values = field(default_factory=dict)
    xid_errors: Values = field(default_factory=dict)
    xid_last_timestamp_seconds: Values = field(default_factory=dict)

    energy_joules: float | None = None
    processes: Sequence[GpuProcess] | None = None
    mig: Sequence[MigInstance] = ()

    @property
    def watts(self) -> float | None:
        """The power to integrate over time: averaged where there is that, else as it is now."""
        return self.power_watts.get("average", self.power_watts.get("instant"))


class Backend(Protocol):
    """A way to read the cards of this machine. Called by one thread only.

    `name` is one of the `backend` label's values; `return_code` is the code of what NVML answered
    that exporter_nvml_return_code tells, None where it is not used, or was not asked yet.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 (above)

    @property
    def return_code(self) -> int | None: ...  # noqa: D102 (above)

    def read(self) -> Sequence[Gpu]:
        """All cards as they are now.

        Raises: Unavailable where the machine has none that this way can read; CardsMissing, with
        the cards as far as they could be read, where more should have been; whatever else where
        it should have worked.
        """
        ...

    def close(self) -> None:
        """Give back what was opened; not read again after."""
        ...
