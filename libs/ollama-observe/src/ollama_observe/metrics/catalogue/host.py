"""What the exporter reads of the machine that it runs on."""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G = Kind.COUNTER, Kind.GAUGE

CPU_SECONDS = Metric(
    "host_cpu_seconds_total",
    _C,
    "Time of all CPUs together by `mode`: `user`, `nice`, `system`, `idle`, `iowait`, `irq`, "
    "`softirq` or `steal`. A guest's time is in `user` and `nice`.",
    ("mode",),
    "seconds",
)
CPUS = Metric("host_cpus", _G, "Logical CPUs that are on.")
CPU_FREQUENCY = Metric("host_cpu_frequency_hertz", _G, "Mean clock of the CPUs now.", (), "hertz")
LOAD = Metric(
    "host_load",
    _G,
    "Mean number of tasks that run or wait, over `window`: `1m`, `5m` or `15m`.",
    ("window",),
)
MEMORY_TOTAL = Metric("host_memory_total_bytes", _G, "Memory of the machine.", (), "bytes")
MEMORY_AVAILABLE = Metric(
    "host_memory_available_bytes",
    _G,
    "Memory that programs can still have without swapping: the number to watch.",
    (),
    "bytes",
)
MEMORY_USED = Metric(
    "host_memory_used_bytes", _G, "Memory in use: all that is not available.", (), "bytes"
)
MEMORY_CACHED = Metric(
    "host_memory_cached_bytes",
    _G,
    "Memory that holds files, model files among them; most of it is given up when needed.",
    (),
    "bytes",
)
SWAP_TOTAL = Metric("host_swap_total_bytes", _G, "Swap space.", (), "bytes")
SWAP_USED = Metric("host_swap_used_bytes", _G, "Swap space in use.", (), "bytes")
SWAP_IN = Metric("host_swap_in_bytes_total", _C, "Bytes read back from swap.", (), "bytes")
SWAP_OUT = Metric("host_swap_out_bytes_total", _C, "Bytes written to swap.", (), "bytes")
DISK_READ = Metric(
    "host_disk_read_bytes_total",
    _C,
    "Bytes read from a disk. Only whole disks: what partitions, RAID, LVM and encryption on them "
    "read is among it.",
    ("device",),
    "bytes",
)
DISK_WRITTEN = Metric(
    "host_disk_written_bytes_total", _C, "Bytes written to a disk.", ("device",), "bytes"
)
DISK_IO_TIME = Metric(
    "host_disk_io_time_seconds_total",
    _C,
    "Time that a disk had something to do.",
    ("device",),
    "seconds",
)
FILESYSTEM_SIZE = Metric(
    "host_filesystem_size_bytes",
    _G,
    "Size of the file system that the models lie on.",
    ("mountpoint",),
    "bytes",
)
FILESYSTEM_AVAILABLE = Metric(
    "host_filesystem_avail_bytes",
    _G,
    "What is free there, for others than root.",
    ("mountpoint",),
    "bytes",
)
NETWORK_RECEIVED = Metric(
    "host_network_receive_bytes_total",
    _C,
    "Bytes that an interface of the machine received. Not those of loopback, bridges, bonds, VLANs "
    "and containers, which are among these or never left the machine. A VPN's are there twice: "
    "its own, and wrapped up in the interface's that carries it.",
    ("device",),
    "bytes",
)
NETWORK_SENT = Metric(
    "host_network_transmit_bytes_total",
    _C,
    "Bytes that an interface of the machine sent; the same interfaces.",
    ("device",),
    "bytes",
)
NETWORK_ERRORS = Metric(
    "host_network_errors_total",
    _C,
    "Errors of an interface; `direction` is `receive` or `transmit`.",
    ("device", "direction"),
)
NETWORK_DROPS = Metric(
    "host_network_drops_total",
    _C,
    "Packets that an interface dropped; `direction` is `receive` or `transmit`.",
    ("device", "direction"),
)
TEMPERATURE = Metric(
    "host_temperature_celsius",
    _G,
    "Temperature of a sensor of the machine. The cards' own are `gpu_temperature_celsius`.",
    ("chip", "sensor"),
    "celsius",
)
FAN = Metric("host_fan_rpm", _G, "Revolutions per minute of a fan.", ("chip", "sensor"))
PRESSURE = Metric(
    "host_pressure_seconds_total",
    _C,
    "Time that tasks waited for a resource: `cpu`, `memory`, `io` or `irq`. `kind` is `some` (at "
    "least one waited) or `full` (all did; not of `cpu`, where one always runs).",
    ("resource", "kind"),
    "seconds",
)
RAPL_ENERGY = Metric(
    "host_rapl_energy_joules_total",
    _C,
    "Energy since the exporter began, as the CPU counts it; `domain` is `package`, `core`, "
    "`uncore`, `dram` or `psys`. Not to be added up: a package contains its cores.",
    ("domain", "index"),
    "joules",
)
RAPL_DISCONTINUITIES = Metric(
    "host_rapl_discontinuities_total",
    _C,
    "Times that energy could not be told between two readings, so that none was added.",
    ("domain", "index"),
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
