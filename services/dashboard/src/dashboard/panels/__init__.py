"""The panels as data, in the order in which they are read."""

from dashboard.panels import (
    cache,
    cost,
    gateway,
    load,
    machine,
    marks,
    models,
    now,
    speed,
    tokens,
    traffic,
    trust,
)
from dashboard.panels.model import Group, Panel

_MODULES = (now, speed, load, tokens, trust, models, machine, cost, cache, gateway, traffic, marks)

GROUPS: tuple[Group, ...] = tuple(dict.fromkeys(module.GROUP for module in _MODULES))

PANELS: tuple[Panel, ...] = tuple(panel for module in _MODULES for panel in module.PANELS)

__all__ = ["GROUPS", "PANELS"]
