"""What the exporter reads of GPUs, whoever made them.

Every series is of one card, named by `gpu` (its index) and `uuid`; what else identifies a card is
in `gpu_info` alone. A value that a card or its driver cannot give is absent.
"""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

CARD = ("gpu", "uuid")
_C, _G = Kind.COUNTER, Kind.GAUGE

INFO = Metric(
    "gpu_info",
    _G,
    "Always 1; the labels identify a card. `unified_memory` says that the card uses the system's "
    "memory. A vendor of `demo` is no card at all.",
    (
        *CARD,
        *("name", "vendor", "driver_version", "cuda_version"),
        *("pci_bus_id", "arch", "unified_memory"),
    ),
)
UTILIZATION = Metric(
    "gpu_utilization_ratio",
    _G,
    "Share of the driver's last sampling period in which the card computed at all.",
    CARD,
    "ratio",
)
BANDWIDTH_UTILIZATION = Metric(
    "gpu_memory_bandwidth_utilization_ratio",
    _G,
    "Share of the driver's last sampling period in which the card's memory was read or written.",
    CARD,
    "ratio",
)
ENCODER_UTILIZATION = Metric(
    "gpu_encoder_utilization_ratio", _G, "How busy the video encoder is.", CARD, "ratio"
)
DECODER_UTILIZATION = Metric(
    "gpu_decoder_utilization_ratio", _G, "How busy the video decoder is.", CARD, "ratio"
)
ENCODER_SESSIONS = Metric("gpu_encoder_sessions", _G, "Video encoding sessions.", CARD)

MEMORY_USED = Metric(
    "gpu_memory_used_bytes", _G, "Memory of the card in use, by anybody.", CARD, "bytes"
)
MEMORY_FREE = Metric("gpu_memory_free_bytes", _G, "Memory of the card to be had.", CARD, "bytes")
MEMORY_TOTAL = Metric(
    "gpu_memory_total_bytes",
    _G,
    "Memory of the card; of one with unified memory, of the system.",
    CARD,
    "bytes",
)
MEMORY_RESERVED = Metric(
    "gpu_memory_reserved_bytes",
    _G,
    "Memory of the card that the driver keeps for itself; not in the used.",
    CARD,
    "bytes",
)

POWER = Metric(
    "gpu_power_watts",
    _G,
    "Power of the board; `kind` is `average` (over the driver's window, about a second) or "
    "`instant`.",
    (*CARD, "kind"),
    "watts",
)
POWER_LIMIT = Metric(
    "gpu_power_limit_watts",
    _G,
    "Power limits; `kind` is `enforced`, `default`, `min` or `max`.",
    (*CARD, "kind"),
    "watts",
)
ENERGY = Metric(
    "gpu_energy_joules_total",
    _C,
    "Energy since the exporter began; `source` is `counter` (the card's own), `integrated` (power "
    "over time) or `demo` (made up).",
    (*CARD, "source"),
    "joules",
)
ENERGY_DISCONTINUITIES = Metric(
    "gpu_energy_discontinuities_total",
    _C,
    "Times that energy could not be told between two readings, so that none was added: the "
    "card's counter went back or leapt, the readings were too far apart, or it told no power.",
    CARD,
)

TEMPERATURE = Metric(
    "gpu_temperature_celsius",
    _G,
    "Temperature; `sensor` is `core`, `memory` or `hotspot`.",
    (*CARD, "sensor"),
    "celsius",
)
TEMPERATURE_THRESHOLD = Metric(
    "gpu_temperature_threshold_celsius",
    _G,
    "Core temperature at which the card slows down or shuts down; `kind` is `slowdown` or "
    "`shutdown`.",
    (*CARD, "kind"),
    "celsius",
)
CLOCK = Metric(
    "gpu_clock_hertz",
    _G,
    "Current clock; `domain` is `sm`, `graphics`, `memory` or `video`.",
    (*CARD, "domain"),
    "hertz",
)
CLOCK_MAX = Metric(
    "gpu_clock_max_hertz", _G, "Highest clock of a domain.", (*CARD, "domain"), "hertz"
)
FAN_RATIO = Metric(
    "gpu_fan_speed_ratio",
    _G,
    "Speed of a fan that is asked for; some cards go above 1.",
    (*CARD, "fan"),
    "ratio",
)
FAN_RPM = Metric("gpu_fan_speed_rpm", _G, "Revolutions per minute of a fan.", (*CARD, "fan"))
PERFORMANCE_STATE = Metric(
    "gpu_performance_state", _G, "NVIDIA's P-state: 0 is the fastest, 15 the slowest.", CARD
)

THROTTLE_ACTIVE = Metric(
    "gpu_throttle_active",
    _G,
    "1 while clocks are held down for a reason: `power_cap`, `hw_slowdown`, `hw_thermal`, "
    "`hw_power_brake`, `sw_thermal`, `sync_boost`, `app_clocks`, `display` or `idle`.",
    (*CARD, "reason"),
)
THROTTLE_SECONDS = Metric(
    "gpu_throttle_seconds_total",
    _C,
    "How long clocks were held down for a reason, as the driver counts it.",
    (*CARD, "reason"),
    "seconds",
)

PCIE_GENERATION = Metric(
    "gpu_pcie_link_generation",
    _G,
    "PCIe generation of the link; `kind` is `current` or `max`. An idle card lowers the current.",
    (*CARD, "kind"),
)
PCIE_WIDTH = Metric(
    "gpu_pcie_link_width", _G, "Lanes of the link; `kind` is `current` or `max`.", (*CARD, "kind")
)
PCIE_REPLAYS = Metric("gpu_pcie_replays_total", _C, "Packets that were sent again over PCIe.", CARD)
PCIE_THROUGHPUT = Metric(
    "gpu_pcie_throughput_bytes_per_second",
    _G,
    "Traffic over PCIe in a window of 20 ms; `direction` is `receive` or `transmit`. Off unless "
    "asked for: each reading keeps the driver busy for as long.",
    (*CARD, "direction"),
)

ECC_ERRORS = Metric(
    "gpu_ecc_errors_total",
    _C,
    "Memory errors over the card's life; `type` is `corrected` or `uncorrected`.",
    (*CARD, "type"),
)
REMAPPED_ROWS = Metric(
    "gpu_remapped_rows",
    _G,
    "Rows of memory that were replaced; `type` is `corrected`, `uncorrected` or `pending`.",
    (*CARD, "type"),
)
ROW_REMAP_FAILURE = Metric(
    "gpu_row_remap_failure", _G, "1 once a row could not be replaced: the card is for repair.", CARD
)
XID_ERRORS = Metric(
    "gpu_xid_errors_total",
    _C,
    "XID errors that the driver reported since the exporter began, by NVIDIA's number. A number's "
    "series begins at 1, which increase() does not see: alert on gpu_xid_last_timestamp_seconds.",
    (*CARD, "xid"),
)
XID_LAST = Metric(
    "gpu_xid_last_timestamp_seconds",
    _G,
    "When the latest XID error of a number was reported, as Unix time.",
    (*CARD, "xid"),
    "seconds",
)

MIG_ENABLED = Metric("gpu_mig_enabled", _G, "1 where the card is divided by MIG.", CARD)
MIG_INFO = Metric(
    "gpu_mig_info",
    _G,
    "Always 1; one series a MIG instance. Its energy is in its card's, and nowhere else.",
    (*CARD, "gpu_instance_id", "mig_uuid", "profile"),
)
MIG_MEMORY_USED = Metric(
    "gpu_mig_memory_used_bytes",
    _G,
    "Memory of a MIG instance in use.",
    (*CARD, "gpu_instance_id"),
    "bytes",
)
MIG_MEMORY_TOTAL = Metric(
    "gpu_mig_memory_total_bytes",
    _G,
    "Memory of a MIG instance.",
    (*CARD, "gpu_instance_id"),
    "bytes",
)

PROCESS_MEMORY = Metric(
    "gpu_process_memory_bytes",
    _G,
    "Memory of a card as its processes hold it; `role` is `ollama_runner`, `ollama` or `other`. "
    "`model` is what a runner has loaded: two names of one file are joined by `+`, `other` where "
    "that is not known, `none` for who is no runner.",
    (*CARD, "role", "model"),
    "bytes",
)
PROCESSES = Metric(
    "gpu_processes", _G, "Processes that use a card, by role; 0 when idle.", (*CARD, "role")
)
MEMORY_UNATTRIBUTED = Metric(
    "gpu_memory_unattributed_bytes",
    _G,
    "Memory of all cards in use, less what Ollama says of its models: contexts, displays, others. "
    "Cards that share the machine's memory are left out: what is in use there is all programs'. "
    "Negative where Ollama's estimate is above what is really used, or a model is on such a card. "
    "Absent where there are only such cards, and where Ollama is on another machine.",
    (),
    "bytes",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
