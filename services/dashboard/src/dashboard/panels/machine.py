"""What the cards and the machine do. Neither knows of routing, and only memory of models."""

from dashboard.panels.model import Group, Kind, Panel, Query, Role, Unit
from dashboard.panels.queries import averaged, averaged_while_there, summed
from dashboard.panels.sentences import NO_ROUTING

GROUP = Group("machine", "How is the machine?")

_NO_GPU = "the exporter sees no GPU, or one that does not tell this"
_NO_EXPORTER = (
    "Prometheus has nothing of the exporter in this time: make status says whether it runs"
)
_OF_CARDS = " Of each card; filters do not apply."
_OF_MACHINE = " Of the whole machine; filters do not apply."
_CPU_IN_USE = 'sum by (mode) (rate(host_cpu_seconds_total{mode!="idle"}[${window}]))'


def _by_card(gauge: str, *by: str) -> str:
    labels = ("instance", "gpu", *by)
    return f"max by ({', '.join(labels)}) ({averaged(gauge)})"


_CPU_ALL = "sum(rate(host_cpu_seconds_total[${window}]))"
_AVERAGE = _by_card('gpu_power_watts{kind="average"}')
_INSTANT = _by_card('gpu_power_watts{kind="instant"}')

PANELS = (
    Panel(
        "gpu-utilization",
        GROUP.id,
        "GPU utilisation",
        Unit.RATIO,
        queries=(
            Query(_by_card("gpu_utilization_ratio"), "GPU {gpu} computing"),
            Query(_by_card("gpu_memory_bandwidth_utilization_ratio"), "GPU {gpu} memory busy"),
        ),
        absent=_NO_GPU,
        help="The share of time in which a card computed at all, and in which its memory was read"
        " or written: not how much of it was used." + _OF_CARDS,
        most=1.0,
    ),
    Panel(
        "gpu-memory",
        GROUP.id,
        "GPU memory",
        Unit.BYTES,
        queries=(
            Query(_by_card("gpu_memory_used_bytes"), "GPU {gpu} used"),
            Query(
                "max by (instance, gpu) (gpu_memory_total_bytes)", "GPU {gpu} all", Role.THRESHOLD
            ),
        ),
        absent=_NO_GPU,
        help="In use by anybody, and all there is." + _OF_CARDS,
    ),
    Panel(
        "gpu-memory-models",
        GROUP.id,
        "GPU memory by model",
        Unit.BYTES,
        queries=(
            Query(
                summed(
                    averaged_while_there("ollama_model_vram_bytes{${models}}", "ollama_up"), "model"
                ),
                "{model}",
            ),
            Query(
                f"clamp_min(sum({averaged('gpu_memory_unattributed_bytes')}), 0)",
                "no model's",
            ),
        ),
        absent=_NO_GPU,
        help="As Ollama says of each model; the rest of what is in use on the cards is contexts,"
        " displays and other programs." + NO_ROUTING,
        kind=Kind.STACKED,
    ),
    Panel(
        "gpu-power",
        GROUP.id,
        "GPU power",
        Unit.WATTS,
        queries=(
            Query(f"{_AVERAGE} or {_INSTANT}", "GPU {gpu}"),
            Query(
                'max by (instance, gpu) (gpu_power_limit_watts{kind="enforced"})',
                "GPU {gpu} limit",
                Role.THRESHOLD,
            ),
        ),
        absent=_NO_GPU,
        help="Power of the board, and the limit that holds." + _OF_CARDS,
    ),
    Panel(
        "gpu-temperature",
        GROUP.id,
        "GPU temperature",
        Unit.CELSIUS,
        queries=(
            Query(_by_card("gpu_temperature_celsius", "sensor"), "GPU {gpu} {sensor}"),
            Query(
                'max by (instance, gpu) (gpu_temperature_threshold_celsius{kind="slowdown"})',
                "GPU {gpu} slows down",
                Role.THRESHOLD,
            ),
        ),
        absent=_NO_GPU,
        help="By sensor, and where the card's core begins to slow down." + _OF_CARDS,
    ),
    Panel(
        "gpu-clocks",
        GROUP.id,
        "GPU clocks",
        Unit.HERTZ,
        queries=(
            Query(
                _by_card('gpu_clock_hertz{domain=~"sm|graphics|memory"}', "domain"),
                "GPU {gpu} {domain}",
            ),
        ),
        absent=_NO_GPU,
        help="Of the processors and of the memory. Idle cards lower them." + _OF_CARDS,
    ),
    Panel(
        "gpu-throttle",
        GROUP.id,
        "GPU held back",
        Unit.RATIO,
        queries=(
            Query(_by_card('gpu_throttle_active{reason!="idle"}', "reason"), "GPU {gpu} {reason}"),
        ),
        absent=_NO_GPU,
        help="The share of time in which clocks were held down, by reason; being idle is none."
        + _OF_CARDS,
        most=1.0,
    ),
    Panel(
        "cpu",
        GROUP.id,
        "CPU",
        Unit.RATIO,
        queries=(
            Query(
                f"{_CPU_IN_USE} / on () group_left () {_CPU_ALL}",
                "{mode}",
            ),
        ),
        absent=_NO_EXPORTER,
        help="What all CPUs together did, of all their time; what is missing to 1 is idle."
        + _OF_MACHINE,
        kind=Kind.STACKED,
        most=1.0,
    ),
    Panel(
        "memory",
        GROUP.id,
        "Memory",
        Unit.BYTES,
        queries=(
            Query(f"sum({averaged('host_memory_used_bytes')})", "used"),
            Query(f"sum({averaged('host_memory_cached_bytes')})", "files in memory"),
            Query(f"sum({averaged('host_swap_used_bytes')})", "swap used"),
            Query("sum(host_memory_total_bytes)", "all", Role.THRESHOLD),
        ),
        absent=_NO_EXPORTER,
        help="Used is what programs cannot have. Files, those of models among them, are given up"
        " when memory is needed." + _OF_MACHINE,
    ),
    Panel(
        "pressure",
        GROUP.id,
        "Pressure",
        Unit.RATIO,
        queries=(
            Query(
                'max by (resource) (rate(host_pressure_seconds_total{kind="some"}[${window}]))',
                "{resource}",
            ),
        ),
        absent="the kernel does not tell of pressure (Linux from 4.20 on does, unless psi=0)",
        help="The share of time in which some task waited for a resource." + _OF_MACHINE,
        most=1.0,
    ),
    Panel(
        "disk",
        GROUP.id,
        "Disks",
        Unit.BYTES_PER_SECOND,
        queries=(
            Query("sum(rate(host_disk_read_bytes_total[${window}]))", "read"),
            Query("sum(rate(host_disk_written_bytes_total[${window}]))", "written"),
        ),
        absent="the exporter does not tell of disks on this system, or does not run",
        help="Loading a model that is not among the files in memory reads it from here."
        + _OF_MACHINE,
    ),
    Panel(
        "model-disk",
        GROUP.id,
        "Room for models",
        Unit.BYTES,
        queries=(
            Query(
                "min by (instance, mountpoint) (host_filesystem_avail_bytes)",
                "free in {mountpoint}",
            ),
        ),
        absent="the exporter does not know where the models lie, or does not run",
        help="What is free on the file system that the models lie on." + _OF_MACHINE,
    ),
)
