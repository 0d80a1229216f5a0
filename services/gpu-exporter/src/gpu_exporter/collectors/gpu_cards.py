"""The cards themselves: every field of a `Gpu` that is a number is a metric."""

from collections.abc import Iterator, Sequence

from gpu_exporter.board import Fact
from gpu_exporter.collector import Context
from gpu_exporter.energy import cards as gpu_energy
from gpu_exporter.energy.cards import GpuEnergy
from gpu_exporter.errors import CardsMissing, Unavailable
from gpu_exporter.gpu import Gpu
from gpu_exporter.reading import Reading, each, one
from ollama_observe.metrics.catalogue import gpu as m
from ollama_observe.metrics.metric import Metric

_VALUES: dict[str, Metric] = {
    "utilization_ratio": m.UTILIZATION,
    "memory_bandwidth_utilization_ratio": m.BANDWIDTH_UTILIZATION,
    "encoder_utilization_ratio": m.ENCODER_UTILIZATION,
    "decoder_utilization_ratio": m.DECODER_UTILIZATION,
    "encoder_sessions": m.ENCODER_SESSIONS,
    "memory_used_bytes": m.MEMORY_USED,
    "memory_free_bytes": m.MEMORY_FREE,
    "memory_total_bytes": m.MEMORY_TOTAL,
    "memory_reserved_bytes": m.MEMORY_RESERVED,
    "performance_state": m.PERFORMANCE_STATE,
    "pcie_replays": m.PCIE_REPLAYS,
    "row_remap_failure": m.ROW_REMAP_FAILURE,
    "mig_enabled": m.MIG_ENABLED,
}
"""By field of Gpu."""

_KEYED_VALUES: dict[str, Metric] = {
    "power_watts": m.POWER,
    "power_limit_watts": m.POWER_LIMIT,
    "temperature_celsius": m.TEMPERATURE,
    "temperature_threshold_celsius": m.TEMPERATURE_THRESHOLD,
    "clock_hertz": m.CLOCK,
    "clock_max_hertz": m.CLOCK_MAX,
    "fan_speed_ratio": m.FAN_RATIO,
    "fan_speed_rpm": m.FAN_RPM,
    "throttle_active": m.THROTTLE_ACTIVE,
    "throttle_seconds": m.THROTTLE_SECONDS,
    "pcie_link_generation": m.PCIE_GENERATION,
    "pcie_link_width": m.PCIE_WIDTH,
    "pcie_throughput_bytes_per_second": m.PCIE_THROUGHPUT,
    "ecc_errors": m.ECC_ERRORS,
    "remapped_rows": m.REMAPPED_ROWS,
    "xid_errors": m.XID_ERRORS,
    "xid_last_timestamp_seconds": m.XID_LAST,
}
"""By field of Gpu, whose keys are the last label."""

_MIG = (m.MIG_INFO, m.MIG_MEMORY_USED, m.MIG_MEMORY_TOTAL)


class GpuCards:
    """Reads the cards, and pins them to the board with the energy that they have used."""

    name = "gpu"
    metrics = (
        *(m.INFO, *_VALUES.values(), *_KEYED_VALUES.values()),
        *(*_MIG, *gpu_energy.METRICS),
    )

    def __init__(self, context: Context) -> None:
        self._context = context
        self._energy = GpuEnergy()

    def collect(self) -> Iterator[Reading]:
        """See Collector. What was pinned to the board is taken off where reading fails."""
        with self._context.board.losing("gpus"):
            gpus, missing = self._read()
        self._pin(gpus)
        for gpu in gpus:
            yield from _card(gpu)
        yield from self._energy.readings()
        if missing is not None:
            raise missing

    def _read(self) -> tuple[Sequence[Gpu], CardsMissing | None]:
        backend = self._context.backend
        try:
            gpus = tuple(backend.read())
        except CardsMissing as missing:
            return tuple(missing.gpus), missing
        if not gpus:
            raise Unavailable(f"no card was found by {backend.name}")
        return gpus, None

    def _pin(self, gpus: Sequence[Gpu]) -> None:
        board, now = self._context.board, self._context.clock()
        interval = self._context.settings.gpu_interval_seconds
        self._energy.add(now, gpus)
        board.gpus = Fact.regular(now, gpus, interval) if gpus else None
        if self._energy.is_known:
            board.joules["gpu"] = Fact.regular(now, self._energy.total_joules, interval)


def _card(gpu: Gpu) -> Iterator[Reading]:
    card = (gpu.index, gpu.uuid)
    identity = (gpu.name, gpu.vendor, gpu.driver_version, gpu.cuda_version, gpu.pci_bus_id)
    unified = "true" if gpu.unified_memory else "false"
    yield Reading(m.INFO, 1, (*card, *identity, gpu.arch, unified))
    for field, metric in _VALUES.items():
        yield from one(metric, getattr(gpu, field), *card)
    for field, metric in _KEYED_VALUES.items():
        yield from each(metric, getattr(gpu, field), *card)
    for part in gpu.mig:
        yield Reading(m.MIG_INFO, 1, (*card, part.gpu_instance_id, part.uuid, part.profile))
        instance = (*card, part.gpu_instance_id)
        yield from one(m.MIG_MEMORY_USED, part.memory_used_bytes, *instance)
        yield from one(m.MIG_MEMORY_TOTAL, part.memory_total_bytes, *instance)
