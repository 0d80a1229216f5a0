"""What the exporter says of itself: on every machine, whatever else is there."""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G = Kind.COUNTER, Kind.GAUGE
_COLLECTOR = ("collector",)

BUILD_INFO = Metric(
    "exporter_build_info",
    _G,
    "Always 1; `backend` is how GPUs are read: `nvml`, `sysfs`, `nvml+sysfs`, `apple`, `demo`, "
    "`replay`, or `none` before any was found.",
    ("version", "python", "backend"),
)
GPU_COUNT = Metric(
    "exporter_gpu_count",
    _G,
    "GPUs that were read at the latest sampling; 0 also where that failed, or is too long ago.",
)
COLLECTOR_UP = Metric(
    "exporter_collector_up",
    _G,
    "1 while a collector's latest run succeeded and is not too old; 0 also where this machine has "
    "nothing for it, and where only a part of it could be read.",
    _COLLECTOR,
)
COLLECTOR_DURATION = Metric(
    "exporter_collector_duration_seconds",
    _G,
    "How long a collector's latest run took; of one that hangs, how long it has run.",
    _COLLECTOR,
    "seconds",
)
COLLECTOR_ERRORS = Metric(
    "exporter_collector_errors_total",
    _C,
    "Runs of a collector that failed. That this machine has nothing for it is no failure.",
    _COLLECTOR,
)
COLLECTOR_LAST_SUCCESS = Metric(
    "exporter_collector_last_success_timestamp_seconds",
    _G,
    "When a collector last succeeded, as Unix time; absent before it has.",
    _COLLECTOR,
    "seconds",
)
NVML_RETURN_CODE = Metric(
    "exporter_nvml_return_code",
    _G,
    "What NVML answered to the latest initialisation, or to a call that failed in the latest "
    "reading: 0 is success, 12 no driver. Absent where NVML is not used.",
)
DROPPED_MODELS = Metric(
    "exporter_dropped_models",
    _G,
    "Models on disk or loaded that have no series of their own, because there are too many.",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
