"""The cards under the names of NVIDIA's DCGM exporter, for tools and boards that look for those.

Names, units and labels are DCGM's (milliwatt-seconds, MiB, per cent, nanoseconds), not ours.
`DCGM_FI_PROF_SM_ACTIVE` is left out: it is the share of multiprocessors at work, which takes
profiling rights; the utilisation of the card says something else. The host's name is left out: a
container does not know it, and Prometheus names the instance.

Source: DCGM exporter, etc/dcp-metrics-included.csv and its rendering of metrics.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpu_exporter.energy.cards import NOT_BELIEVED
from gpu_exporter.gpu import Gpu, scaled
from gpu_exporter.snapshot import escaped

PATH = "/dcgm/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class _Alias:
    name: str
    kind: str
    help: str
    value: Callable[[Gpu], float | None]


def _energy(gpu: Gpu) -> float | None:
    """The card's own counter: who has none should integrate power, and know that it does."""
    return None if gpu.vendor in NOT_BELIEVED else scaled(gpu.energy_joules, 1e-3)


def _last_xid(gpu: Gpu) -> float | None:
    """Absent before the first: a card that reports none looks the same as one that cannot."""
    when = gpu.xid_last_timestamp_seconds
    return float(max(when, key=lambda xid: when[xid])) if when else None


ALIASES = (
    _Alias(
        "DCGM_FI_DEV_POWER_USAGE", "gauge", "Power of the board in watts.", lambda gpu: gpu.watts
    ),
    _Alias(
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        "counter",
        "Energy in millijoules, as the card itself counts.",
        _energy,
    ),
    _Alias(
        "DCGM_FI_DEV_GPU_UTIL",
        "gauge",
        "Share of time in which the card computed, in per cent.",
        lambda gpu: scaled(gpu.utilization_ratio, 0.01),
    ),
    _Alias(
        "DCGM_FI_DEV_MEM_COPY_UTIL",
        "gauge",
        "Share of time in which its memory was used, in per cent.",
        lambda gpu: scaled(gpu.memory_bandwidth_utilization_ratio, 0.01),
    ),
    _Alias(
        "DCGM_FI_DEV_FB_USED",
        "gauge",
        "Memory in use, in MiB.",
        lambda gpu: scaled(gpu.memory_used_bytes, _MIB),
    ),
    _Alias(
        "DCGM_FI_DEV_GPU_TEMP",
        "gauge",
        "Temperature in degrees Celsius.",
        lambda gpu: gpu.temperature_celsius.get("core"),
    ),
    _Alias(
        "DCGM_FI_DEV_ENC_UTIL",
        "gauge",
        "Use of the video encoder, in per cent.",
        lambda gpu: scaled(gpu.encoder_utilization_ratio, 0.01),
    ),
    _Alias(
        "DCGM_FI_DEV_DEC_UTIL",
        "gauge",
        "Use of the video decoder, in per cent.",
        lambda gpu: scaled(gpu.decoder_utilization_ratio, 0.01),
    ),
    _Alias(
        "DCGM_FI_DEV_XID_ERRORS",
        "gauge",
        "Number of the latest XID error.",
        _last_xid,
    ),
    _Alias(
        "DCGM_FI_DEV_POWER_VIOLATION",
        "counter",
        "Time that the power limit held clocks down, in nanoseconds.",
        lambda gpu: scaled(gpu.throttle_seconds.get("power_cap"), 1e-9),
    ),
)


def text(gpus: Sequence[Gpu]) -> str:
    """The cards in the Prometheus text format; a value that a card cannot give is absent."""
    return "".join(_family(alias, gpus) for alias in ALIASES)


def _family(alias: _Alias, gpus: Sequence[Gpu]) -> str:
    lines = [
        f"{alias.name}{{{_labels(gpu)}}} {value!r}\n"
        for gpu in gpus
        if (value := alias.value(gpu)) is not None
    ]
    if not lines:
        return ""
    head = f"# HELP {alias.name} {alias.help}\n# TYPE {alias.name} {alias.kind}\n"
    return head + "".join(lines)


def _labels(gpu: Gpu) -> str:
    labels = {
        "gpu": gpu.index,
        "UUID": gpu.uuid,
        "pci_bus_id": gpu.pci_bus_id,
        "device": f"{gpu.vendor}{gpu.index}",
        "modelName": gpu.name,
        "DCGM_FI_DRIVER_VERSION": gpu.driver_version,
    }
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
