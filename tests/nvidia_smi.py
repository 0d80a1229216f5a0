"""What `nvidia-smi -q -x` says of the cards, and where the exporter says something else.

Source: the schema of drivers since 535; `N/A` is what a card cannot say.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.throttle import REASONS

MIB = 1024**2
_WORDS = {"Enabled": 1.0, "Disabled": 0.0, "Active": 1.0, "Not Active": 0.0, "Yes": 1.0, "No": 0.0}

_THROTTLE = {
    "idle": "gpu_idle",
    "app_clocks": "applications_clocks_setting",
    "power_cap": "sw_power_cap",
    "hw_slowdown": "hw_slowdown",
    "sync_boost": "sync_boost",
    "sw_thermal": "sw_thermal_slowdown",
    "hw_thermal": "hw_thermal_slowdown",
    "hw_power_brake": "hw_power_brake_slowdown",
    "display": "display_clocks_setting",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A value that both say. `path` is nvidia-smi's, whose number times `factor` is ours.

    `slack` is how far it may lie, in our unit, from what we said just before and just after:
    rounding, or what may have changed in between.
    """

    name: str
    path: str
    ours: Callable[[Gpu], float | None]
    factor: float = 1.0
    slack: float = 0.0


def _keyed(field: str, key: str) -> Callable[[Gpu], float | None]:
    return lambda gpu: getattr(gpu, field).get(key)


def _plain(field: str) -> Callable[[Gpu], float | None]:
    return lambda gpu: getattr(gpu, field)


def _memory(part: str) -> Check:
    name = f"memory_{part}_bytes"
    # whole MiB, rounded up or down; what uses the card may take some in between
    slack = 64 * MIB if part in ("used", "free") else MIB
    return Check(name, f"fb_memory_usage/{part}", _plain(name), MIB, slack)


def _utilization(name: str, tag: str) -> Check:
    return Check(name, f"utilization/{tag}", _plain(name), 0.01, 0.3)


def _clock(domain: str, tag: str) -> Check:
    return Check(f"clock {domain}", f"clocks/{tag}_clock", _keyed("clock_hertz", domain), 1e6, 3e8)


def _most(domain: str, tag: str) -> Check:
    path = f"max_clocks/{tag}_clock"
    return Check(f"highest clock {domain}", path, _keyed("clock_max_hertz", domain), 1e6, 1.0)


def _limit(kind: str, tag: str) -> Check:
    path = f"gpu_power_readings/{tag}_power_limit"
    return Check(f"power limit {kind}", path, _keyed("power_limit_watts", kind), slack=0.01)


def _power(kind: str) -> Check:
    path = f"gpu_power_readings/{kind}_power_draw"
    return Check(f"power {kind}", path, _keyed("power_watts", kind), slack=25.0)


def _link(what: str, kind: str, path: str) -> Check:
    return Check(f"link {what} {kind}", path, _keyed(f"pcie_link_{what}", kind))


def _throttle(reason: str) -> Check:
    path = f"clocks_event_reasons/clocks_event_reason_{_THROTTLE[reason]}"
    return Check(f"throttle {reason}", path, _keyed("throttle_active", reason))


_DOMAINS = {"graphics": "graphics", "sm": "sm", "memory": "mem", "video": "video"}
_LINK = "pci/pci_gpu_link_info"

CHECKS = (
    *(_memory(part) for part in ("total", "reserved", "used", "free")),
    _utilization("utilization_ratio", "gpu_util"),
    _utilization("memory_bandwidth_utilization_ratio", "memory_util"),
    _utilization("encoder_utilization_ratio", "encoder_util"),
    _utilization("decoder_utilization_ratio", "decoder_util"),
    Check("encoder_sessions", "encoder_stats/session_count", _plain("encoder_sessions")),
    *(_clock(domain, tag) for domain, tag in _DOMAINS.items()),
    *(_most(domain, tag) for domain, tag in _DOMAINS.items()),
    *(_power(kind) for kind in ("average", "instant")),
    _limit("enforced", "current"),
    *(_limit(kind, kind) for kind in ("default", "min", "max")),
    Check("core", "temperature/gpu_temp", _keyed("temperature_celsius", "core"), slack=3),
    Check("memory", "temperature/memory_temp", _keyed("temperature_celsius", "memory"), slack=3),
    Check(
        "shutdown",
        "temperature/gpu_temp_max_threshold",
        _keyed("temperature_threshold_celsius", "shutdown"),
    ),
    Check(
        "slowdown",
        "temperature/gpu_temp_slow_threshold",
        _keyed("temperature_threshold_celsius", "slowdown"),
    ),
    Check("fan", "fan_speed", _keyed("fan_speed_ratio", "0"), 0.01, 0.05),
    Check("performance_state", "performance_state", _plain("performance_state"), slack=2),
    _link("generation", "current", f"{_LINK}/pcie_gen/current_link_gen"),
    _link("generation", "max", f"{_LINK}/pcie_gen/max_link_gen"),
    _link("width", "current", f"{_LINK}/link_widths/current_link_width"),
    _link("width", "max", f"{_LINK}/link_widths/max_link_width"),
    Check("pcie_replays", "pci/replay_counter", _plain("pcie_replays")),
    Check("mig_enabled", "mig_mode/current_mig", _plain("mig_enabled")),
    *(_throttle(reason) for reason in REASONS),
)


def disagreements(log: str, before: Sequence[Gpu], after: Sequence[Gpu]) -> list[str]:
    """A sentence for each value that the exporter, read before and after, does not confirm."""
    cards = {card.findtext("uuid", ""): card for card in ElementTree.fromstring(log).iter("gpu")}
    found = []
    if set(cards) != {gpu.uuid for gpu in before}:
        found.append(f"cards: nvidia-smi has {sorted(cards)}")
    later = {gpu.uuid: gpu for gpu in after}
    for gpu in before:
        if gpu.uuid in cards and gpu.uuid in later:
            found.extend(_of_card(cards[gpu.uuid], gpu, later[gpu.uuid]))
    return found


def _of_card(card: ElementTree.Element, before: Gpu, after: Gpu) -> list[str]:
    found = []
    for name, said in (("product_name", before.name), ("uuid", before.uuid)):
        if card.findtext(name) != said:
            found.append(f"{name}: {card.findtext(name)}, and we say {said}")
    for check in CHECKS:
        text = card.findtext(check.path)
        theirs = None if text is None else number(text)
        ours = [value for gpu in (before, after) if (value := check.ours(gpu)) is not None]
        if text is not None and not _agree(check, theirs, ours):
            found.append(f"{check.name}: {text}, and we say {ours}")
    return found


def _agree(check: Check, theirs: float | None, ours: list[float]) -> bool:
    if theirs is None or not ours:
        return theirs is None and not ours
    value, slack = theirs * check.factor, check.slack + 1e-9
    return min(ours) - slack <= value <= max(ours) + slack


def number(text: str) -> float | None:
    """The number in a value of nvidia-smi's, whatever its unit; None where it says none."""
    if text in _WORDS:
        return _WORDS[text]
    found = re.match(r"P?(-?\d+(\.\d+)?)", text)
    return float(found[1]) if found else None
